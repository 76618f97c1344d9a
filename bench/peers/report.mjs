// The four ways of polling of the report that Fleece started from, as it writes them: with `limit=2`, which is
// the page's total and not a symbol's share, and without a look at the page token. It is helped in one thing:
// each request asks from the minute before the last closed one, so that two bars of one symbol are the newest.
import { atMost, batchesOf, clockOf, readTask, runCycles } from './cycles.mjs';

const task = await readTask();
const clock = clockOf(task.clock);
const sent = [];

const shapes = {
  sequential: { batch: 1, inFlight: 1 },
  concurrent: { batch: 1, inFlight: 10 },
  batch: { batch: 25, inFlight: 1 },
  hybrid: { batch: 25, inFlight: 4, perMinute: 180 },
};
const { batch, inFlight, perMinute } = shapes[task.mode];

await runCycles(task, async (symbols, _start, end, deliver, isOver, failures) => {
  await atMost(inFlight, batchesOf(symbols, batch), async (some) => {
    if (isOver()) return;
    await room();
    const query = new URLSearchParams({ timeframe: '1Min', limit: '2', feed: 'iex' });
    query.set('start', new Date(end - 60_000).toISOString());
    query.set('end', new Date(end).toISOString());
    const response = await fetch(`${task.url}/v2/stocks/bars?symbols=${some.join(',')}&${query}`, {
      headers: { 'APCA-API-KEY-ID': 'report', 'APCA-API-SECRET-KEY': 'report-secret' },
    });
    if (!response.ok) {
      failures.count += 1;
      await response.text();
      return;
    }
    const page = await response.json();
    for (const [symbol, bars] of Object.entries(page.bars ?? {}))
      for (const bar of bars) deliver(symbol, Date.parse(bar.t));
  });
});

/** The report's log of request times: a request waits when the minute is full. */
async function room() {
  if (!perMinute) return;
  for (;;) {
    while (sent.length > 0 && sent[0] <= clock.now() - 60_000) sent.shift();
    if (sent.length < perMinute) break;
    await clock.sleep(Math.max(50, sent[0] + 60_000 - clock.now()));
  }
  sent.push(clock.now());
}
