import {
  DuckDBBitValue,
  type DuckDBConnection,
  type DuckDBValue,
  LIST,
  listValue,
  VARCHAR,
} from '@duckdb/node-api';
import type { Stretch } from '../ledger/account-stretch.ts';
import type { Bar } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import { addMinutes, type EpochMinute } from '../time/minute.ts';
import type { BarRead, StoredPage } from './bar-store.ts';
import { barColumns, minuteSql, minuteValue, symbolsOf, toBar, toSymbolBar } from './duckdb-value.ts';
import { foldSql, longestBucket } from './fold.ts';
import { oneMinute } from './timeframe.ts';

export type Parameters = Record<string, DuckDBValue>;

/** The rows of a statement; a list of symbols, if any, is in `$symbols`. */
export async function rowsOf(
  reader: DuckDBConnection,
  sql: string,
  parameters: Parameters,
): Promise<DuckDBValue[][]> {
  const types = 'symbols' in parameters ? { symbols: LIST(VARCHAR) } : undefined;
  const result = await reader.runAndReadAll(sql, parameters, types);
  return result.getRows();
}

export function symbolFilter(symbols: readonly MarketSymbol[] | undefined, parameters: Parameters): string {
  if (!symbols) return 'true';
  if (symbols.length === 1) {
    parameters.symbol = symbols[0] ?? '';
    return 'symbol = $symbol';
  }
  parameters.symbols = listValue([...symbols]);
  return 'symbol IN (SELECT unnest($symbols))';
}

export async function readPage(reader: DuckDBConnection, query: BarRead): Promise<StoredPage> {
  if (query.symbols?.length === 0) return { bars: [], next: null };
  const timeframe = query.timeframe ?? oneMinute;
  const descending = query.sort === 'desc';
  const parameters: Parameters = {
    start: minuteValue(query.start),
    end: minuteValue(query.end),
    // Buckets that start in the window may end after it, and are read whole.
    reach: minuteValue(addMinutes(query.end, longestBucket(timeframe))),
    limit: query.limit + 1,
  };
  const named = symbolFilter(query.symbols, parameters);
  let after = 'true';
  let rest = 'true';
  if (query.after) {
    parameters.afterSymbol = query.after.symbol;
    parameters.afterMinute = minuteValue(query.after.minute);
    rest = 'symbol >= $afterSymbol';
    after = `(symbol > $afterSymbol OR minute ${descending ? '<' : '>'} $afterMinute)`;
  }
  const source = `SELECT * FROM bars WHERE minute >= $start AND minute < $reach AND ${named} AND ${rest}`;
  const rows = await rowsOf(
    reader,
    `SELECT symbol, ${minuteSql('minute')}, o, h, l, c, v, n::DOUBLE, vw FROM (${foldSql(source, timeframe)})
     WHERE minute BETWEEN $start AND $end AND ${after}
     ORDER BY symbol, minute ${descending ? 'DESC' : 'ASC'} LIMIT $limit`,
    parameters,
  );
  const bars = rows.slice(0, query.limit).map(toSymbolBar);
  const last = bars.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return { bars, next: more ? { symbol: last.symbol, minute: last.minute } : null };
}

/** The last minute of any symbol. */
export async function readTop(reader: DuckDBConnection): Promise<EpochMinute | undefined> {
  const [row] = await rowsOf(reader, `SELECT ${minuteSql('max(minute)')} FROM bars`, {});
  const top = row?.[0] ?? undefined;
  return top === undefined ? undefined : (Number(top) as EpochMinute);
}

/** Where most symbols' latest bars are; only those without a bar there need the whole table. */
const lately = `minute > (SELECT max(minute) FROM bars) - INTERVAL 3 HOURS`;

export async function readLatest(
  reader: DuckDBConnection,
  symbols: readonly MarketSymbol[] | undefined,
): Promise<Bar[]> {
  if (!symbols) return latestWhere(reader, undefined, 'true');
  if (symbols.length === 0) return [];
  const recent = await latestWhere(reader, symbols, lately);
  const found = new Set(recent.map(({ symbol }) => symbol));
  const others = symbols.filter((symbol) => !found.has(symbol));
  if (others.length === 0) return recent;
  return [...recent, ...(await latestWhere(reader, others, 'true'))].sort((a, b) =>
    a.symbol < b.symbol ? -1 : 1,
  );
}

async function latestWhere(
  reader: DuckDBConnection,
  symbols: readonly MarketSymbol[] | undefined,
  where: string,
): Promise<Bar[]> {
  const parameters: Parameters = {};
  const named = symbolFilter(symbols, parameters);
  const rows = await rowsOf(
    reader,
    `SELECT ${barColumns} FROM (
       SELECT unnest(arg_max(b, minute)) FROM bars b WHERE ${named} AND ${where} GROUP BY symbol
     ) ORDER BY symbol`,
    parameters,
  );
  return rows.map(toBar);
}

export async function readVersions(
  reader: DuckDBConnection,
  symbol: MarketSymbol,
  minute: EpochMinute,
): Promise<Bar[]> {
  const rows = await rowsOf(
    reader,
    `SELECT ${barColumns} FROM bar_versions WHERE symbol = $symbol AND minute = $minute ORDER BY version`,
    { symbol, minute: minuteValue(minute) },
  );
  return rows.map(toBar);
}

export async function readMarks(
  reader: DuckDBConnection,
  window: Stretch,
  symbols: readonly MarketSymbol[] | undefined,
): Promise<Map<MarketSymbol, Uint8Array>> {
  const length = window.to - window.from;
  if (length <= 0 || symbols?.length === 0) return new Map();
  const parameters: Parameters = { from: minuteValue(window.from), to: minuteValue(window.to) };
  const named = symbolFilter(symbols, parameters);
  // In a short window most symbols are alike, and share their marks.
  const rows = await rowsOf(
    reader,
    `SELECT bits, list(symbol) FROM (
       SELECT symbol, bitstring_agg(${minuteSql('minute')} - ${window.from}, 0, ${length - 1}) AS bits FROM bars
       WHERE minute >= $from AND minute < $to AND ${named} GROUP BY symbol
     ) GROUP BY bits`,
    parameters,
  );
  const marks = new Map<MarketSymbol, Uint8Array>();
  for (const [bits, symbols] of rows) {
    const shared = marksOf(bits, length);
    for (const symbol of symbolsOf(symbols)) marks.set(symbol, shared);
  }
  return marks;
}

/** One byte a minute from the database's bit string: a byte with the count of padding bits, then the bits. */
function marksOf(value: DuckDBValue | undefined, length: number): Uint8Array {
  const marks = new Uint8Array(length);
  if (!(value instanceof DuckDBBitValue)) return marks;
  const data = value.data;
  const padding = data[0] ?? 0;
  for (let at = 0; at < length; at++) {
    const bit = at + padding;
    marks[at] = ((data[1 + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1;
  }
  return marks;
}
