import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type DuckDBConnection, type DuckDBValue, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { FleeceError, messageOf } from '../errors.ts';
import type { Stretch } from '../ledger/account-stretch.ts';
import type { Bar } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import { toIsoMinute } from '../time/minute.ts';
import { aborted } from './duckdb-error.ts';
import type { DuckDbStore } from './duckdb-store.ts';
import { barColumns, minuteValue, toBar } from './duckdb-value.ts';
import { isoInstant } from './plain-value.ts';
import { csvLine } from './query-format.ts';

/** Which bars to export: the newest versions of the minutes [from, to), of all symbols when none are given. */
export interface ExportRange extends Stretch {
  readonly symbols?: readonly MarketSymbol[];
  readonly signal?: AbortSignal;
}

/** A text format goes to a stream; Parquet goes below a folder, a file for each date. */
export type ExportTarget =
  | { readonly format: 'ndjson' | 'csv'; readonly to: Writable }
  | { readonly format: 'parquet'; readonly folder: string };

export interface ExportResult {
  readonly bars: number;
  /** Files that were written; empty for a text format. */
  readonly files: readonly string[];
}

/** Columns of the CSV format, which are those of the table `bars`. */
export const csvColumns = 'symbol,minute,o,h,l,c,v,n,vw,feed,received_at,version'.split(',');

/**
 * Write bars out, by symbol and then by time. NDJSON has the line of the stream (`T`, `S`, `o` ...), CSV and
 * Parquet have all columns of the table. Text waits for a slow reader; the stream is left open.
 *
 * @throws FleeceError `usage` when a Parquet file cannot be written, and the stream's own error when it fails.
 */
export function exportBars(
  store: DuckDbStore,
  range: ExportRange,
  target: ExportTarget,
): Promise<ExportResult> {
  return store.withReader(async (reader) => {
    await reader.run('BEGIN TRANSACTION READ ONLY');
    return target.format === 'parquet'
      ? writeParquet(reader, range, target.folder)
      : writeText(reader, range, target.format, target.to);
  }, range.signal);
}

function filterOf({ from, to, symbols }: ExportRange) {
  const parameters: Record<string, DuckDBValue> = { from: minuteValue(from), to: minuteValue(to) };
  let where = 'minute >= $from AND minute < $to';
  if (symbols) {
    parameters.symbols = listValue([...symbols]);
    where += ' AND symbol IN (SELECT unnest($symbols))';
  }
  return { where, parameters, types: symbols ? { symbols: LIST(VARCHAR) } : undefined };
}

async function writeText(
  reader: DuckDBConnection,
  range: ExportRange,
  format: 'ndjson' | 'csv',
  to: Writable,
): Promise<ExportResult> {
  const { where, parameters, types } = filterOf(range);
  const result = await reader.stream(
    `SELECT ${barColumns} FROM bars WHERE ${where} ORDER BY symbol, bars.minute`,
    parameters,
    types,
  );
  const line = format === 'csv' ? csvOf : streamLine;
  let bars = 0;
  async function* pieces() {
    if (format === 'csv') yield csvLine(csvColumns);
    for await (const rows of result.yieldRows()) {
      if (range.signal?.aborted) throw aborted(range.signal.reason);
      bars += rows.length;
      yield rows.map((row) => line(toBar(row))).join('');
    }
  }
  await pipeline(Readable.from(pieces()), to, { end: false });
  return { bars, files: [] };
}

/** The newest version is what a subscriber would take for the bar, so it is a `b` whatever its number is. */
function streamLine(bar: Bar): string {
  const { symbol: S, o, h, l, c, v, n, vw } = bar;
  return `${JSON.stringify({ T: 'b', S, o, h, l, c, v, t: toIsoMinute(bar.minute), n, vw })}\n`;
}

function csvOf({ symbol, minute, o, h, l, c, v, n, vw, feed, receivedAt, version }: Bar): string {
  const received = isoInstant(BigInt(Math.round(receivedAt * 1_000)));
  return csvLine([symbol, toIsoMinute(minute), o, h, l, c, v, n, vw, feed, received, version]);
}

const dateSql = `timezone('America/New_York', minute)::DATE`;

/** One file a date of New York, so that another date's export never touches it. */
async function writeParquet(
  reader: DuckDBConnection,
  range: ExportRange,
  folder: string,
): Promise<ExportResult> {
  const { where, parameters, types } = filterOf(range);
  const dates = await reader.runAndReadAll(
    `SELECT ${dateSql}::VARCHAR, count(*)::INTEGER FROM bars WHERE ${where} GROUP BY ALL ORDER BY ALL`,
    parameters,
    types,
  );
  const files: string[] = [];
  let bars = 0;
  for (const [day, count] of dates.getRows()) {
    const date = String(day);
    const file = join(folder, `date=${date}`, 'bars.parquet');
    // A reader of the folder never meets a half-written file.
    const unfinished = `${file}.unfinished`;
    try {
      mkdirSync(join(folder, `date=${date}`), { recursive: true });
      await reader.run(copySql(where, date, unfinished), parameters, types);
      renameSync(unfinished, file);
    } catch (error) {
      if (existsSync(unfinished)) rmSync(unfinished);
      throw new FleeceError('usage', `the export to ${file} failed: ${messageOf(error)}`, { cause: error });
    }
    files.push(file);
    bars += Number(count);
  }
  return { bars, files };
}

function copySql(where: string, date: string, file: string): string {
  return `COPY (
      SELECT * FROM bars WHERE ${where}
        AND minute >= timezone('America/New_York', '${date}'::TIMESTAMP)
        AND minute < timezone('America/New_York', '${date}'::TIMESTAMP + INTERVAL 1 DAY)
      ORDER BY symbol, minute
    ) TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`;
}
