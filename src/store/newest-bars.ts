import { type DuckDBConnection, type DuckDBValue, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import type { Stretch } from '../ledger/account-stretch.ts';
import type { Bar } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { DuckDbStore } from './duckdb-store.ts';
import { barColumns, minuteSql, minuteValue, toBar } from './duckdb-value.ts';

/** Bars of one symbol from one feed: how many, and the first and last minute of them. */
export interface FeedSpan {
  readonly symbol: MarketSymbol;
  readonly feed: Feed;
  readonly bars: number;
  readonly first: EpochMinute;
  readonly last: EpochMinute;
}

/** The newest versions in the minutes [from, to) with their feeds, in no order. */
export async function readNewest(
  store: DuckDbStore,
  window: Stretch,
  symbols: readonly MarketSymbol[],
): Promise<Bar[]> {
  const rows = await select(store, barColumns, '', window, symbols);
  return rows.map(toBar);
}

/** Which feeds the newest versions in the minutes [from, to) came from. */
export async function readFeedSpans(
  store: DuckDbStore,
  window: Stretch,
  symbols: readonly MarketSymbol[] | undefined,
): Promise<FeedSpan[]> {
  const columns = `symbol, feed, count(*)::INTEGER, ${minuteSql('min(minute)')}, ${minuteSql('max(minute)')}`;
  const rows = await select(store, columns, 'GROUP BY symbol, feed ORDER BY symbol, feed', window, symbols);
  return rows.map(([symbol, feed, bars, first, last]) => ({
    symbol: symbol as MarketSymbol,
    feed: feed as Feed,
    bars: Number(bars),
    first: Number(first) as EpochMinute,
    last: Number(last) as EpochMinute,
  }));
}

function select(
  store: DuckDbStore,
  columns: string,
  rest: string,
  { from, to }: Stretch,
  symbols: readonly MarketSymbol[] | undefined,
): Promise<DuckDBValue[][]> {
  const parameters: Record<string, DuckDBValue> = { from: minuteValue(from), to: minuteValue(to) };
  let named = '';
  if (symbols) {
    parameters.symbols = listValue([...symbols]);
    named = 'AND symbol IN (SELECT unnest($symbols))';
  }
  const sql = `SELECT ${columns} FROM bars WHERE minute >= $from AND minute < $to ${named} ${rest}`;
  return store.withReader(async (reader: DuckDBConnection) =>
    (await reader.runAndReadAll(sql, parameters, symbols ? { symbols: LIST(VARCHAR) } : undefined)).getRows(),
  );
}
