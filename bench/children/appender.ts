import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBAppender, DuckDBInstance, DuckDBTimestampValue } from '@duckdb/node-api';
import type { BackfillReport } from '../rig/backfill.ts';
import { cpuMs, peakMb, task, tell } from '../rig/child.ts';
import { PageReader, type RawBar } from '../rig/pages.ts';

/**
 * The floor of a backfill: pages read with the HTTP client and `JSON.parse`, and every bar straight into a table
 * of the same columns with a bare appender. Nothing is checked, compared, accounted for or safe from a crash.
 */
const { url, paths } = await task<{ url: string; paths: readonly string[] }>();
const folder = mkdtempSync(join(tmpdir(), 'fleece-bench-'));
const path = join(folder, 'bars.duckdb');
const instance = await DuckDBInstance.create(path, { memory_limit: '512MB', threads: '2' });
const connection = await instance.connect();
await connection.run(`
  CREATE TABLE bars (symbol VARCHAR, minute TIMESTAMPTZ, o DOUBLE, h DOUBLE, l DOUBLE, c DOUBLE, v DOUBLE,
    n INTEGER, vw DOUBLE, feed VARCHAR, received_at TIMESTAMPTZ, version INTEGER)`);
const reader = new PageReader(url);
const cpuBefore = cpuMs();
const began = Date.now();
const minutes = new Map<string, DuckDBTimestampValue>();
const appender = await connection.createAppender('bars');
let bars = 0;
let sinceFlush = 0;
await reader.read(paths, (page) => {
  const received = timeValue(Date.now());
  for (const symbol in page.bars) {
    for (const bar of page.bars[symbol] ?? []) append(appender, symbol, bar, received);
    sinceFlush += page.bars[symbol]?.length ?? 0;
  }
  if (sinceFlush < 200_000) return;
  sinceFlush = 0;
  appender.flushSync();
});
appender.closeSync();
await connection.run('CHECKPOINT');
connection.closeSync();
instance.closeSync();
const report: BackfillReport = {
  bars,
  cpuMs: cpuMs() - cpuBefore,
  wallMs: Date.now() - began,
  bytes: statSync(path).size,
  peakMb: peakMb(),
};
tell(report);
reader.close();
rmSync(folder, { recursive: true });

function append(to: DuckDBAppender, symbol: string, bar: RawBar, received: DuckDBTimestampValue): void {
  let minute = minutes.get(bar.t);
  if (!minute) {
    minute = timeValue(Date.parse(bar.t));
    minutes.set(bar.t, minute);
  }
  to.appendVarchar(symbol);
  to.appendTimestamp(minute);
  to.appendDouble(bar.o);
  to.appendDouble(bar.h);
  to.appendDouble(bar.l);
  to.appendDouble(bar.c);
  to.appendDouble(bar.v);
  to.appendInteger(bar.n);
  to.appendDouble(bar.vw);
  to.appendVarchar('iex');
  to.appendTimestamp(received);
  to.appendInteger(1);
  to.endRow();
  bars += 1;
}

function timeValue(instant: number): DuckDBTimestampValue {
  return new DuckDBTimestampValue(BigInt(instant) * 1000n);
}
