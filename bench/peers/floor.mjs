// The least that reading the pages can cost here: the same reader as in the table of the floor, one request at a
// time, 100 symbols each.
import { PageReader } from '../dist/bench/rig/pages.js';
import { batchesOf, readTask, runCycles } from './cycles.mjs';

const task = await readTask();
const reader = new PageReader(task.url, 1);
await runCycles(task, async (symbols, start, end, deliver, isOver) => {
  const window = `start=${new Date(start).toISOString()}&end=${new Date(end).toISOString()}`;
  for (const some of batchesOf(symbols, 100)) {
    if (isOver()) return;
    const path = `/v2/stocks/bars?symbols=${some.join(',')}&timeframe=1Min&${window}&feed=iex&limit=10000`;
    await reader.read([path], ({ bars }) => {
      for (const symbol in bars) for (const bar of bars[symbol]) deliver(symbol, Date.parse(bar.t));
    });
  }
});
