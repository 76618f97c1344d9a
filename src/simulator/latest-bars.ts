import type { EpochMs } from '../time/clock.ts';
import { barJson, type MarketBar } from './bar.ts';
import { currencyOf } from './bar-query.ts';
import type { Ask } from './endpoint.ts';
import { refuse } from './exchange.ts';
import type { Market } from './market.ts';
import { choice, cryptoPairsIn, required, stockSymbols } from './parameters.ts';
import type { TapeFeed } from './tape.ts';

/** Candidate minutes looked back for a symbol's latest bar: a week of trading around the clock. */
const longestLookBack = 10_000;

/** GET /v2/stocks/bars/latest */
export function latestBars(ask: Ask): string {
  const symbols = stockSymbols(required(ask.query, 'symbols'), 'latest');
  const view = latestView(ask);
  const currency = currencyOf(ask.query);
  const tail = currency === undefined ? '' : `,"currency":"${currency}"`;
  return `{"bars":{${latestParts(ask.market, symbols, view).join(',')}}${tail}}`;
}

/** GET /v2/stocks/{symbol}/bars/latest */
export function latestBarOfOne(ask: Ask, symbol: string): string {
  stockSymbols(symbol, 'latest');
  const bar = latestBar(ask.market, symbol, latestView(ask));
  return `{"bar":${bar ? barJson(bar) : 'null'},"symbol":"${symbol}"}`;
}

/** GET /v1beta3/crypto/{loc}/latest/bars */
export function latestCryptoBars(ask: Ask): string {
  const pairs = cryptoPairsIn(required(ask.query, 'symbols'));
  return `{"bars":{${latestParts(ask.market, pairs, { now: ask.now, feed: 'sip' }).join(',')}}}`;
}

/** What a latest endpoint may see: which trades, as of when. */
export interface LatestView {
  readonly now: EpochMs;
  readonly feed: TapeFeed;
}

/** The view of the feed that was asked for. @throws Refusal 400, 403 */
export function latestView({ query, plan, now }: Ask): LatestView {
  const feeds = ['sip', 'iex', 'delayed_sip', 'otc', 'boats', 'overnight'] as const;
  const feed = choice(query, 'feed', feeds, plan === 'basic' ? 'iex' : 'sip');
  if (feed === 'sip' && plan === 'basic') {
    throw refuse(403, 'subscription does not permit querying recent SIP data', 42210000);
  }
  if (feed === 'delayed_sip') return { now: now - 15 * 60_000, feed: 'sip' };
  return { now, feed: feed === 'sip' ? 'sip' : 'iex' };
}

function latestParts(market: Market, symbols: readonly string[], view: LatestView): string[] {
  const parts: string[] = [];
  for (const symbol of symbols) {
    const bar = latestBar(market, symbol, view);
    if (bar) parts.push(`"${symbol}":${barJson(bar)}`);
  }
  return parts;
}

/** The newest minute bar that is visible, however old. */
export function latestBar(market: Market, symbol: string, { now, feed }: LatestView): MarketBar | undefined {
  let minute = Math.floor(now / 60_000) - 1;
  for (let looks = 0; looks < longestLookBack; looks++) {
    const candidate = market.candidate(symbol, minute, -1);
    if (candidate === undefined) return undefined;
    const bar = market.at(symbol, candidate, now, feed);
    if (bar) return bar;
    minute = candidate - 1;
  }
  return undefined;
}
