import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSettings } from '../../src/app/config/resolve.ts';
import { startDaemon } from '../../src/app/service/daemon.ts';
import { letHeapDouble } from '../../src/cli/heap-growth.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { minuteOf } from '../../src/time/minute.ts';
import { heapMb, hear, peakMb, task, tell } from '../rig/child.ts';
import { type FleeceReport, type FleeceTask, universe } from '../rig/fleece.ts';
import { Profiler } from '../rig/profiler.ts';
import { Tally } from '../rig/tally.ts';
import { clockOf } from '../rig/virtual-clock.ts';

/** `fleece serve` without its command line: store, gateway, chores; healing is left out. */
const given = await task<FleeceTask>();
const clock = clockOf(given.clock);
const folder = mkdtempSync(join(tmpdir(), 'fleece-bench-'));
const firstMinute = minuteOf(clock.now());
const tally = new Tally(firstMinute, given.clock);
const profiler = given.profile === undefined ? undefined : new Profiler(given.profile);
const stop = new AbortController();
letHeapDouble();
const daemon = await startDaemon({
  settings: {
    ...resolveSettings([]),
    db: join(folder, 'bars.duckdb'),
    port: 0,
    heal: 'none',
    session: 'all',
    rpm: given.rpm,
    dataUrl: given.url,
    tradingUrl: given.url,
  },
  named: universe(given.symbols),
  credentials: { keyId: 'bench', secretKey: 'bench-secret' },
  clock,
  log: silentLog,
  onEvents: (events) => {
    tally.see(events);
    if (tally.cycles >= 4) void profiler?.start();
    if (tally.cycles >= given.minutes) stop.abort(new Error('enough minutes'));
    return undefined;
  },
});
tell({ gateway: daemon.gateway.port });
await hear();
await daemon.run(stop.signal);
await profiler?.stop();
const report: FleeceReport = {
  firstMinute,
  marks: tally.marks,
  bars: tally.bars,
  peakMb: peakMb(),
  heapMb: heapMb(),
  lateness: [],
};
tell(report);
await daemon.close();
rmSync(folder, { recursive: true, force: true });
