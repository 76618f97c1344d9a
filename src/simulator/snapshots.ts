import { barJson, type MarketBar, type Minute } from './bar.ts';
import { barOf } from './bar-page.ts';
import type { Ask } from './endpoint.ts';
import { hash } from './hash.ts';
import { latestBar, type LatestView, latestView } from './latest-bars.ts';
import type { Market } from './market.ts';
import { required, stockSymbols } from './parameters.ts';
import { bucketStart, type Timeframe } from './timeframe.ts';

const daily: Timeframe = { unit: 'Day', count: 1 };

/** GET /v2/stocks/snapshots: a bare map, without the symbols that have no data. */
export function snapshots(ask: Ask): string {
  const symbols = stockSymbols(required(ask.query, 'symbols'), 'latest');
  const view = latestView(ask);
  const parts: string[] = [];
  for (const symbol of symbols) {
    const members = membersOf(ask.market, symbol, view);
    if (members) parts.push(`"${symbol}":{${members.join(',')}}`);
  }
  return `{${parts.join(',')}}`;
}

/** GET /v2/stocks/{symbol}/snapshot */
export function snapshotOfOne(ask: Ask, symbol: string): string {
  stockSymbols(symbol, 'latest');
  const members = membersOf(ask.market, symbol, latestView(ask)) ?? [];
  return `{${[...members, `"symbol":"${symbol}"`].join(',')}}`;
}

function membersOf(market: Market, symbol: string, view: LatestView): string[] | undefined {
  const bar = latestBar(market, symbol, view);
  if (!bar) return undefined;
  const today = bucketStart(daily, bar.minute);
  const dailyBar = dayBar(market, symbol, today, view);
  const before = market.candidate(symbol, today - 1, -1);
  const prevDailyBar =
    before === undefined ? undefined : dayBar(market, symbol, bucketStart(daily, before), view);
  return [
    ...(dailyBar ? [`"dailyBar":${barJson(dailyBar)}`] : []),
    `"latestQuote":${quoteJson(bar)}`,
    `"latestTrade":${tradeJson(bar)}`,
    `"minuteBar":${barJson(bar)}`,
    ...(prevDailyBar ? [`"prevDailyBar":${barJson(prevDailyBar)}`] : []),
  ];
}

function dayBar(market: Market, symbol: string, start: Minute, view: LatestView): MarketBar | undefined {
  return barOf(market, symbol, daily, start, view.now, view.feed);
}

/** The last trade of the bar: at its close, on IEX. */
function tradeJson(bar: MarketBar): string {
  const bits = hash(bar.minute, bar.v);
  return `{"c":["@"],"i":${1 + (bits % 9_999)},"p":${bar.c},"s":${1 + (bits % 300)},"t":"${nanoseconds(bar)}","x":"V","z":"C"}`;
}

function quoteJson(bar: MarketBar): string {
  const bits = hash(bar.v, bar.minute);
  const half = bar.c < 1 ? 1 : 100;
  const middle = Math.round(bar.c * 10_000);
  const ask = (middle + half) / 10_000;
  const bid = Math.max(0, middle - half) / 10_000;
  return `{"ap":${ask},"as":${100 * (1 + (bits % 9))},"ax":"V","bp":${bid},"bs":${100 * (1 + ((bits >> 8) & 7))},"bx":"V","c":["R"],"t":"${nanoseconds(bar)}","z":"C"}`;
}

/** An instant within the bar's last second. */
function nanoseconds(bar: MarketBar): string {
  const ns = String(hash(bar.minute, bar.n) % 1_000_000_000).padStart(9, '0');
  return `${new Date(bar.minute * 60_000 + 59_000).toISOString().slice(0, 19)}.${ns}Z`;
}
