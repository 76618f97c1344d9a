import type { EpochMs } from '../time/clock.ts';
import { barJson, type MarketBar } from './bar.ts';
import { currencyOf } from './bar-query.ts';
import type { Ask } from './endpoint.ts';
import { refuse } from './exchange.ts';
import type { Market } from './market.ts';
import { choice, cryptoPairsIn, required, stockSymbols } from './parameters.ts';

/** Candidate minutes looked back for a symbol's latest bar: a week of trading around the clock. */
const longestLookBack = 10_000;

/** GET /v2/stocks/bars/latest */
export function latestBars(ask: Ask): string {
  const symbols = stockSymbols(required(ask.query, 'symbols'), 'latest');
  const now = latestInstant(ask);
  const currency = currencyOf(ask.query);
  const tail = currency === undefined ? '' : `,"currency":"${currency}"`;
  return `{"bars":{${latestParts(ask.market, symbols, now).join(',')}}${tail}}`;
}

/** GET /v2/stocks/{symbol}/bars/latest */
export function latestBarOfOne(ask: Ask, symbol: string): string {
  stockSymbols(symbol, 'latest');
  const bar = latestBar(ask.market, symbol, latestInstant(ask));
  return `{"bar":${bar ? barJson(bar) : 'null'},"symbol":"${symbol}"}`;
}

/** GET /v1beta3/crypto/{loc}/latest/bars */
export function latestCryptoBars(ask: Ask): string {
  const pairs = cryptoPairsIn(required(ask.query, 'symbols'));
  return `{"bars":{${latestParts(ask.market, pairs, ask.now).join(',')}}}`;
}

/** As of when a latest endpoint may see the feed that was asked for. @throws Refusal 400, 403 */
export function latestInstant({ query, plan, now }: Ask): EpochMs {
  const feeds = ['sip', 'iex', 'delayed_sip', 'otc', 'boats', 'overnight'] as const;
  const feed = choice(query, 'feed', feeds, plan === 'basic' ? 'iex' : 'sip');
  if (feed === 'sip' && plan === 'basic') {
    throw refuse(403, 'subscription does not permit querying recent SIP data', 42210000);
  }
  return feed === 'delayed_sip' ? now - 15 * 60_000 : now;
}

function latestParts(market: Market, symbols: readonly string[], now: EpochMs): string[] {
  const parts: string[] = [];
  for (const symbol of symbols) {
    const bar = latestBar(market, symbol, now);
    if (bar) parts.push(`"${symbol}":${barJson(bar)}`);
  }
  return parts;
}

/** The newest minute bar that is visible, however old. */
export function latestBar(market: Market, symbol: string, now: EpochMs): MarketBar | undefined {
  let minute = Math.floor(now / 60_000) - 1;
  for (let looks = 0; looks < longestLookBack; looks++) {
    const candidate = market.candidate(symbol, minute, -1);
    if (candidate === undefined) return undefined;
    const bar = market.at(symbol, candidate, now);
    if (bar) return bar;
    minute = candidate - 1;
  }
  return undefined;
}
