import type { EpochMs } from '../time/clock.ts';
import type { BarQuery } from './bar-query.ts';
import { foldBars, type MarketBar, type Minute } from './bar.ts';
import type { Market } from './market.ts';
import type { TapeFeed } from './tape.ts';
import { bucketEnd, bucketStart, isMinute, type Timeframe } from './timeframe.ts';

/** One place in the order of an answer: by symbol, then by time. Without a bar, the walk paused there. */
interface Place {
  readonly symbol: string;
  readonly minute: Minute;
  readonly bar: MarketBar | undefined;
}

/** A page: bars by symbol, and the place that the next page begins at. */
export interface BarPage {
  readonly bars: ReadonlyMap<string, readonly MarketBar[]>;
  readonly next: { readonly symbol: string; readonly minute: Minute } | undefined;
}

/** Minutes looked at for one page. Beyond it the page ends short, so that a decade of bars never blocks. */
const longestWalk = 500_000;

/**
 * One page of the bars visible at `now`.
 *
 * @param symbols In order of the alphabet, each once.
 * @param shortTo Where to cut the page although there is more: a share of its bars, or undefined.
 */
export function barPage(
  market: Market,
  symbols: readonly string[],
  query: BarQuery,
  now: EpochMs,
  shortTo?: number,
): BarPage {
  const places: Place[] = [];
  let next: Place | undefined;
  for (const place of walk(market, symbols, query, now)) {
    if (!place.bar || places.length === query.limit) {
      next = place;
      break;
    }
    places.push(place);
  }
  if (shortTo !== undefined && places.length > 1) {
    const kept = 1 + Math.floor(shortTo * (places.length - 1));
    next = places[kept];
    places.length = kept;
  }
  return { bars: bySymbol(places), next };
}

function bySymbol(places: readonly Place[]): BarPage['bars'] {
  const bars = new Map<string, MarketBar[]>();
  for (const { symbol, bar } of places) {
    if (!bar) continue;
    const own = bars.get(symbol);
    if (own) own.push(bar);
    else bars.set(symbol, [bar]);
  }
  return bars;
}

function* walk(
  market: Market,
  symbols: readonly string[],
  query: BarQuery,
  now: EpochMs,
): Generator<Place, void> {
  const { timeframe, cursor, descending, feed } = query;
  if (!feed) return;
  const step = descending ? -1 : 1;
  const newest = Math.min(query.to, Math.floor(now / 60_000) - 1);
  let walked = 0;
  for (const symbol of symbols) {
    if (cursor && symbol < cursor.symbol) continue;
    let minute = descending ? newest : query.from;
    if (symbol === cursor?.symbol) minute = resume(query, minute);
    for (;;) {
      const candidate = market.candidate(symbol, minute, step);
      if (candidate === undefined || candidate > newest || candidate < query.from) break;
      const start = bucketStart(timeframe, candidate);
      if (start < query.from) break;
      if (walked > longestWalk) {
        yield { symbol, minute: start, bar: undefined };
        return;
      }
      const end = bucketEnd(timeframe, start);
      const bar = barOf(market, symbol, timeframe, start, now, feed);
      if (bar) yield { symbol, minute: start, bar };
      walked += end - start;
      minute = descending ? start - 1 : end;
    }
  }
}

/** Where the walk of the cursor's symbol begins, never outside the window. */
function resume({ cursor, descending, timeframe }: BarQuery, edge: Minute): Minute {
  if (!cursor) return edge;
  const start = bucketStart(timeframe, cursor.minute);
  const end = bucketEnd(timeframe, start);
  if (descending) return Math.min(edge, cursor.after ? start - 1 : end - 1);
  return Math.max(edge, cursor.after ? end : start);
}

/** The bar of a timeframe as visible at `now`, still forming or not. */
export function barOf(
  market: Market,
  symbol: string,
  timeframe: Timeframe,
  start: Minute,
  now: EpochMs,
  feed: TapeFeed,
): MarketBar | undefined {
  if (isMinute(timeframe)) return market.at(symbol, start, now, feed);
  const bars: MarketBar[] = [];
  const last = Math.min(bucketEnd(timeframe, start), Math.floor(now / 60_000)) - 1;
  for (let minute = start; minute <= last; minute++) {
    const candidate = market.candidate(symbol, minute, 1);
    if (candidate === undefined || candidate > last) break;
    minute = candidate;
    const bar = market.at(symbol, minute, now, feed);
    if (bar) bars.push(bar);
  }
  const [first, ...rest] = bars;
  return first && foldBars(start, [first, ...rest]);
}
