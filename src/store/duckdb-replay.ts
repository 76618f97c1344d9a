import type { DuckDBConnection } from '@duckdb/node-api';
import type { Bar } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import { addMinutes, type EpochMinute } from '../time/minute.ts';
import { type Parameters, rowsOf, symbolFilter } from './duckdb-read.ts';
import { barColumns, minuteSql, minuteValue, toBar } from './duckdb-value.ts';

/** Which versions to replay. */
export interface ReplayRange {
  /** All symbols when absent. */
  readonly symbols?: readonly MarketSymbol[];
  readonly start: EpochMinute;
  /** The last minute, inclusive; the last one that the store has when absent. */
  readonly end?: EpochMinute;
}

type WithReader = <T>(task: (reader: DuckDBConnection) => Promise<T>) => Promise<T>;

/** Bars of a chunk that are aimed at: its width in minutes grows and shrinks to meet them. */
const aim = 8_000;
const widest = 1_440;

/**
 * Every version of every bar of the range, by minute, then symbol, then version (those of the consolidated tape
 * last, since they stand above the others), in chunks of whole minutes.
 * Each chunk is a query of its own, so a consumer that pulls slowly holds nothing open.
 */
export async function* replayVersions(
  withReader: WithReader,
  range: ReplayRange,
): AsyncIterable<readonly Bar[]> {
  const bounds = await withReader((reader) => boundsOf(reader, range));
  if (!bounds) return;
  let width = 1;
  for (let from = bounds.first; from <= bounds.last; ) {
    const to = Math.min(from + width, bounds.last + 1) as EpochMinute;
    const start = from;
    const bars = await withReader((reader) => readChunk(reader, start, to, range.symbols));
    if (bars.length > 0) yield bars;
    from = to;
    if (bars.length < aim / 2) width = Math.min(width * 2, widest);
    else if (bars.length > aim * 2) width = Math.max(1, width >> 1);
  }
}

async function boundsOf(
  reader: DuckDBConnection,
  { start, end }: ReplayRange,
): Promise<{ first: EpochMinute; last: EpochMinute } | undefined> {
  const rows = await rowsOf(
    reader,
    `SELECT ${minuteSql('min(minute)')}, ${minuteSql('max(minute)')} FROM bars`,
    {},
  );
  const [oldest, newest] = rows[0] ?? [];
  if (typeof oldest !== 'number' || typeof newest !== 'number') return undefined;
  const first = Math.max(start, oldest) as EpochMinute;
  return { first, last: Math.min(end ?? newest, newest) as EpochMinute };
}

async function readChunk(
  reader: DuckDBConnection,
  from: EpochMinute,
  to: EpochMinute,
  symbols: readonly MarketSymbol[] | undefined,
): Promise<Bar[]> {
  const parameters: Parameters = { from: minuteValue(from), last: minuteValue(addMinutes(to, -1)) };
  const named = symbolFilter(symbols, parameters);
  const rows = await rowsOf(
    reader,
    `SELECT ${barColumns} FROM bar_versions v WHERE minute BETWEEN $from AND $last AND ${named}
     ORDER BY v.minute, symbol, feed_rank(feed), version`,
    parameters,
  );
  return rows.map(toBar);
}
