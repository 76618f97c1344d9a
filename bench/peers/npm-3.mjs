// @alpacahq/alpaca-trade-api 3.x: its multi-symbol call, which walks all pages, for 100 symbols at a time.
import Alpaca from 'alpaca-sdk-3';
import { batchesOf, readTask, runCycles } from './cycles.mjs';

const task = await readTask();
const alpaca = new Alpaca({
  keyId: 'npm3',
  secretKey: 'npm3-secret',
  baseUrl: task.url,
  dataBaseUrl: task.url,
  feed: 'iex',
});
await runCycles(task, async (symbols, start, end, deliver, isOver, failures) => {
  for (const some of batchesOf(symbols, 100)) {
    if (isOver()) return;
    try {
      const map = await alpaca.getMultiBarsV2(some, {
        start: new Date(start).toISOString(),
        end: new Date(end).toISOString(),
        timeframe: '1Min',
        feed: 'iex',
      });
      for (const [symbol, bars] of map) for (const bar of bars) deliver(symbol, Date.parse(bar.Timestamp));
    } catch {
      failures.count += 1;
    }
  }
});
