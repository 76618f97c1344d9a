import { openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { streamBars } from '../../src/app/stream-bars.ts';
import { NdjsonWriter } from '../../src/cli/ndjson-writer.ts';
import type { Bar } from '../../src/market/bar.ts';
import { createMarket } from '../../src/simulator/index.ts';
import { minuteOf } from '../../src/time/minute.ts';
import { heapMb, peakMb, task, tell } from '../rig/child.ts';
import { type FleeceReport, type FleeceTask, universe } from '../rig/fleece.ts';
import { Profiler } from '../rig/profiler.ts';
import { Tally } from '../rig/tally.ts';
import { clockOf } from '../rig/virtual-clock.ts';

/** `fleece stream` without its command line. */
const given = await task<FleeceTask>();
const clock = clockOf(given.clock);
const firstMinute = minuteOf(clock.now());
const stream = streamBars({
  symbols: universe(given.symbols),
  minutes: given.minutes,
  settleMinutes: 0,
  rpm: given.rpm,
  clock,
  credentials: { keyId: 'bench', secretKey: 'bench-secret' },
  env: { APCA_API_DATA_URL: given.url, APCA_API_BASE_URL: given.url },
  ...(given.sinceMinutes > 0 && { since: clock.now() - given.sinceMinutes * 60_000 }),
});
const writer = given.writes ? new NdjsonWriter(output(), () => stream.stop()) : undefined;
const profiler = given.profile === undefined ? undefined : new Profiler(given.profile);
const tally = new Tally(firstMinute, given.clock);
const inHand: { readonly bar: Bar; readonly at: number }[] = [];
for await (const batch of stream.batches()) {
  const at = clock.now();
  tally.see(batch);
  if (tally.cycles >= 4) await profiler?.start();
  await writer?.write(batch);
  if (!given.market) continue;
  for (const event of batch) if (event.type === 'bar') inHand.push({ bar: event, at });
}
await profiler?.stop();
const report: FleeceReport = {
  firstMinute,
  marks: tally.marks,
  bars: tally.bars,
  peakMb: peakMb(),
  heapMb: heapMb(),
  lateness: latenessOf(),
};
tell(report);

function latenessOf(): number[] {
  const { market: options, warmUp = 0 } = given;
  if (!options) return [];
  const market = createMarket(options);
  return inHand
    .filter(({ bar }) => bar.minute >= firstMinute + warmUp)
    .map(({ bar, at }) => at - (market.publication(bar.symbol, bar.minute)?.visibleAt ?? at));
}

/** As stdout is when it is a file: each write is done before the next line of code. */
function output(): Writable {
  const file = openSync('/dev/null', 'w');
  return new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      writeSync(file, text);
      done();
    },
  });
}
