import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAlpacaBarSource } from '../../src/alpaca/bar-pages.ts';
import { planBackfill } from '../../src/app/commands/backfill-plan.ts';
import { backfillFault, backfillMemory, runBackfill } from '../../src/app/commands/backfill.ts';
import { inSession } from '../../src/app/commands/in-session.ts';
import { createHost, createRetryPolicy } from '../../src/app/hosts.ts';
import { MarketHours } from '../../src/app/market-hours.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { openDuckDbStore } from '../../src/store/duckdb-store.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { minuteOf } from '../../src/time/minute.ts';
import type { BackfillReport, BackfillTask } from '../rig/backfill.ts';
import { cpuMs, peakMb, task, tell } from '../rig/child.ts';
import { universe } from '../rig/fleece.ts';
import { clockOf } from '../rig/virtual-clock.ts';

/** `fleece backfill` without its command line, and with a budget that nothing runs into. */
const given = await task<BackfillTask>();
const clock = clockOf(given.clock);
const folder = mkdtempSync(join(tmpdir(), 'fleece-bench-'));
const path = join(folder, 'bars.duckdb');
const requestsPerMinute = 1_000_000;
const host = createHost({
  baseUrl: given.url,
  credentials: { keyId: 'bench', secretKey: 'bench-secret' },
  clock,
  requestsPerMinute,
  timeoutMs: 60_000,
});
const store = await openDuckDbStore({ path, clock, memoryLimit: backfillMemory });
const hours = new MarketHours('regular', []);
const { account } = store.memory;
account.useCalendar((minute, symbol) => hours.nextOpenMinute(minute, symbol));
const cpuBefore = cpuMs();
const began = Date.now();
const plan = planBackfill({
  symbols: universe(given.symbols) as readonly MarketSymbol[],
  range: { from: minuteOf(given.from), to: minuteOf(given.to) },
  feed: 'iex',
  account,
  hours,
  now: clock.now(),
  lookback: 5,
  requestsPerMinute,
});
const source = inSession(createAlpacaBarSource(host, createRetryPolicy(clock, silentLog)), hours);
const result = await runBackfill({
  plan,
  source,
  store,
  log: silentLog,
  signal: new AbortController().signal,
});
const fault = backfillFault(result);
if (fault) throw fault;
await store.close();
const report: BackfillReport = {
  bars: result.kept.added,
  cpuMs: cpuMs() - cpuBefore,
  wallMs: Date.now() - began,
  bytes: statSync(path).size + (existsSync(`${path}.wal`) ? statSync(`${path}.wal`).size : 0),
  peakMb: peakMb(),
};
tell(report);
await host.transport.close();
rmSync(folder, { recursive: true });
