import type { MarketSymbol } from '../../market/symbol.ts';
import { addMinutes } from '../../time/minute.ts';
import type { HistoryBar, HistoryQuery } from '../ports.ts';
import { barJson, mapJson } from './bar-json.ts';
import { type BarsQuery, cryptoBarsQuery, stockBarsQuery } from './bars-query.ts';
import { type Ask, ensure, isPolled } from './data-world.ts';
import { encodeToken } from './page-token.ts';
import { cryptoPairs, required, stockSymbols } from './parameters.ts';

/** GET /v2/stocks/bars */
export async function stockBars(ask: Ask): Promise<string> {
  const symbols = stockSymbols(required(ask.query, 'symbols'), 'history', isPolled(ask));
  return multi(ask, symbols, stockBarsQuery(ask.query, ask.world.feed, ask.world.clock.now()));
}

/** GET /v1beta3/crypto/us/bars */
export async function cryptoBars(ask: Ask): Promise<string> {
  const pairs = cryptoPairs(required(ask.query, 'symbols'));
  return multi(ask, pairs, cryptoBarsQuery(ask.query, ask.world.clock.now()));
}

/** GET /v2/stocks/{symbol}/bars */
export async function stockBarsOfOne(ask: Ask): Promise<string> {
  const [symbol] = stockSymbols(ask.names[0] ?? '', 'history', isPolled(ask));
  if (symbol === undefined) return '';
  const query = stockBarsQuery(ask.query, ask.world.feed, ask.world.clock.now());
  const page = await readPage(ask, [symbol], query);
  const bars = page.bars.length === 0 ? 'null' : `[${page.bars.map(barJson).join(',')}]`;
  return `{"bars":${bars}${tail(page, query)},"symbol":${JSON.stringify(symbol)}}`;
}

async function multi(ask: Ask, symbols: MarketSymbol[], query: BarsQuery): Promise<string> {
  const page = await readPage(ask, symbols, query);
  const lists = new Map<string, string[]>();
  for (const bar of page.bars) {
    const list = lists.get(bar.symbol);
    if (list) list.push(barJson(bar));
    else lists.set(bar.symbol, [barJson(bar)]);
  }
  const bars = mapJson([...lists].map(([symbol, list]) => [symbol, `[${list.join(',')}]`] as const));
  return `{"bars":${bars}${tail(page, query)}}`;
}

interface Page {
  readonly bars: readonly HistoryBar[];
  readonly next: HistoryBar | undefined;
}

async function readPage(ask: Ask, symbols: readonly MarketSymbol[], query: BarsQuery): Promise<Page> {
  const { from } = query;
  const left = from ? symbols.filter((symbol) => symbol >= from.symbol) : symbols;
  if (left.length === 0 || query.end < query.start) return { bars: [], next: undefined };
  // One bar more than the page holds: it is what the next page begins with.
  return readOn(ask, left, query, query.limit + 1);
}

/** Symbols that are made sure of at a time: a page of many symbols over a long time ends with the first few. */
const symbolsAtATime = 200;

async function readOn(
  ask: Ask,
  symbols: readonly MarketSymbol[],
  query: BarsQuery,
  most: number,
): Promise<Page> {
  const bars: HistoryBar[] = [];
  for (let at = 0; at < symbols.length && bars.length < most; at += symbolsAtATime) {
    const some = symbols.slice(at, at + symbolsAtATime);
    await ensure(ask, { symbols: some, start: query.start, end: query.end });
    bars.push(...(await ask.world.history.read(toHistoryQuery(some, query, most - bars.length))));
  }
  return { bars: bars.slice(0, most - 1), next: bars[most - 1] };
}

function toHistoryQuery(symbols: readonly MarketSymbol[], query: BarsQuery, limit: number): HistoryQuery {
  const { timeframe, start, end, sort, from } = query;
  const base = { symbols, timeframe, start, end, sort, limit };
  // The token names the first bar of the page; the store wants the place before it.
  return from
    ? { ...base, after: { symbol: from.symbol, minute: addMinutes(from.minute, sort === 'asc' ? -1 : 1) } }
    : base;
}

function tail({ next }: Page, { currency, timeframe }: BarsQuery): string {
  const token = next ? JSON.stringify(encodeToken(next, timeframe.unit)) : 'null';
  return `${currency === undefined ? '' : `,"currency":"${currency}"`},"next_page_token":${token}`;
}
