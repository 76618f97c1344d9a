import { streamBars } from '../../src/app/stream-bars.ts';
import { minuteOf } from '../../src/time/minute.ts';
import { cpuMs, peakMb, task, tell } from '../rig/child.ts';
import { universe } from '../rig/fleece.ts';
import type { PeerMark, PeerReport, PeerTask } from '../rig/peers.ts';
import { clockOf } from '../rig/virtual-clock.ts';

/** Fleece as one of the peers: the library's call, everything by default. */
const given = await task<PeerTask>();
const clock = clockOf(given.clock);
const first = minuteOf(clock.now());
const symbols = universe(given.symbols);
const startCpuMs = cpuMs();
const stream = streamBars({
  symbols,
  minutes: given.minutes,
  settleMinutes: 0,
  clock,
  credentials: { keyId: 'fleece', secretKey: 'fleece-secret' },
  env: { APCA_API_DATA_URL: given.url, APCA_API_BASE_URL: given.url },
});
// Counted as the peers are: what is delivered twice would count once.
const delivered = new Set<string>();
let firstMinuteBars = 0;
let wallMs = 0;
let cycle: PeerMark | undefined;
let whole: PeerMark | undefined;
for await (const batch of stream.batches()) {
  for (const event of batch) {
    if (event.type === 'bar') {
      delivered.add(`${event.minute}${event.symbol}`);
      if (event.minute === first) firstMinuteBars += 1;
    } else if (event.type === 'pass') {
      wallMs += (event.finishedAt - event.startedAt) / given.clock.speed;
      const bars = event.minute === first ? firstMinuteBars : delivered.size;
      whole = { at: clock.now(), bars, cpuMs: cpuMs() - startCpuMs, wallMs, peakMb: peakMb() };
      if (event.minute === first) cycle = whole;
    }
  }
}
if (!cycle || !whole) throw new Error('no pass was made');
const report: PeerReport = { first, startCpuMs, cycle, whole };
tell(report);
