import { barJson, type MarketBar } from './bar.ts';
import { type BarPage, barPage } from './bar-page.ts';
import { type BarQuery, cryptoBarQuery, stockBarQuery } from './bar-query.ts';
import type { Ask } from './endpoint.ts';
import { encodeToken } from './page-token.ts';
import { cryptoPairsIn, required, stockSymbols } from './parameters.ts';

/** GET /v2/stocks/bars */
export function stockBars(ask: Ask): string {
  const symbols = stockSymbols(required(ask.query, 'symbols'), 'history');
  const query = stockBarQuery(ask.query, ask.plan, ask.now);
  return multiBody(ask, barPage(ask.market, symbols, query, ask.now, ask.shortTo), query);
}

/** GET /v2/stocks/{symbol}/bars */
export function stockBarsOfOne(ask: Ask, symbol: string): string {
  const symbols = stockSymbols(symbol, 'history');
  const query = stockBarQuery(ask.query, ask.plan, ask.now);
  const page = barPage(ask.market, symbols, query, ask.now, ask.shortTo);
  const bars = page.bars.get(symbol);
  const tail = `${currencyPart(query)},"next_page_token":${tokenJson(page, query)},"symbol":"${symbol}"}`;
  return `{"bars":${bars ? listJson(bars) : 'null'}${tail}`;
}

/** GET /v1beta3/crypto/{loc}/bars */
export function cryptoBars(ask: Ask): string {
  const pairs = cryptoPairsIn(required(ask.query, 'symbols'));
  const query = cryptoBarQuery(ask.query, ask.now);
  return multiBody(ask, barPage(ask.market, pairs, query, ask.now, ask.shortTo), query);
}

function multiBody(ask: Ask, page: BarPage, query: BarQuery): string {
  const bars = [...page.bars].map(([symbol, own]) => `"${symbol}":${listJson(own)}`);
  const map = bars.length === 0 && ask.nullBars ? 'null' : `{${bars.join(',')}}`;
  return `{"bars":${map}${currencyPart(query)},"next_page_token":${tokenJson(page, query)}}`;
}

function listJson(bars: readonly MarketBar[]): string {
  return `[${bars.map(barJson).join(',')}]`;
}

function currencyPart({ currency }: BarQuery): string {
  return currency === undefined ? '' : `,"currency":"${currency}"`;
}

function tokenJson({ next }: BarPage, { timeframe }: BarQuery): string {
  if (!next) return 'null';
  const letter = timeframe.unit === 'Min' || timeframe.unit === 'Hour' ? 'M' : 'D';
  return `"${encodeToken(next.symbol, next.minute, letter)}"`;
}
