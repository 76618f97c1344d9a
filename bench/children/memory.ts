import { streamBars } from '../../src/app/stream-bars.ts';
import type { HttpTransport } from '../../src/alpaca/transport.ts';
import { msPerMinute, toIsoMinute, type EpochMinute } from '../../src/time/minute.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';
import { heapMb, task, tell } from '../rig/child.ts';
import { universe } from '../rig/fleece.ts';
import { isSessionMinute } from '../rig/week.ts';

/** `stream` in this process, on a clock that jumps, so that two weeks take minutes. */
const given = await task<{ symbols: number; days: number }>();
/** Monday 2026-01-12, midnight in New York. */
const monday = Date.parse('2026-01-12T05:00:00Z');
const clock = new SteppedClock(monday);
/** The heap at each hour since midnight. Room for all of it from the start: a list would grow while it measures. */
const heapAt = new Float64Array(given.days * 24);
const stream = streamBars({
  symbols: universe(given.symbols),
  minutes: given.days * 1_440,
  settleMinutes: 0,
  clock,
  credentials: { keyId: 'bench', secretKey: 'bench-secret' },
  env: {},
  transport: pagesOutOfThinAir(),
});
let bars = 0;
let hour = 0;
for await (const batch of stream.batches()) {
  for (const event of batch) if (event.type === 'bar') bars += 1;
  const passed = Math.floor((clock.now() - monday) / 3_600_000);
  // The hour that ends the last day belongs to none: the stream is closing by then.
  if (passed <= hour || passed >= heapAt.length) continue;
  hour = passed;
  heapAt[hour] = heapMb();
}
const samples = Array.from(heapAt, (heap, at) => ({ hour: at, heapMb: heap }));
tell({ bars, samples: samples.filter((sample) => sample.heapMb > 0) });

/** Answers with a bar of every symbol in every minute of the session: made with as little work as can be. */
function pagesOutOfThinAir(): HttpTransport {
  return {
    get: async (url) => {
      const { searchParams } = new URL(url);
      const start = Date.parse(searchParams.get('start') ?? '') / msPerMinute;
      const end = Date.parse(searchParams.get('end') ?? '') / msPerMinute;
      const rows: string[] = [];
      for (let minute = start; minute <= end; minute++) {
        if (!isSessionMinute(minute)) continue;
        const price = 100 + (minute % 97) / 100;
        rows.push(
          `{"c":${price},"h":${price},"l":${price},"n":7,"o":${price},"t":"${toIsoMinute(minute as EpochMinute)}","v":${100 + (minute % 13)},"vw":${price}}`,
        );
      }
      const list = `[${rows.join(',')}]`;
      const names = rows.length === 0 ? [] : (searchParams.get('symbols') ?? '').split(',');
      const body = `{"bars":{${names.map((name) => `"${name}":${list}`).join(',')}},"next_page_token":null}`;
      return { status: 200, headers: {}, body };
    },
    close: () => Promise.resolve(),
  };
}
