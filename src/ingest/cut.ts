import type { BarQuery } from '../market/bar-source.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import { pack } from '../plan/pack.ts';
import { addMinutes, type EpochMinute } from '../time/minute.ts';

/** Minutes that some symbols lack, [from, to). */
export interface Want {
  readonly symbols: readonly MarketSymbol[];
  readonly from: EpochMinute;
  readonly to: EpochMinute;
}

export interface CutLimits {
  readonly feed: Feed;
  /** The most bytes of a URL that the list of symbols may take. */
  readonly maxListBytes: number;
  /** Open minutes between two minutes, both inclusive. */
  readonly openMinutes: (from: EpochMinute, to: EpochMinute) => number;
}

/** One question of a fill: its pages fill up, but for the last. */
export interface Question extends BarQuery {
  /** Symbols times open minutes: the most bars that the answer can have. */
  readonly mostBars: number;
}

/**
 * Bars that a question may have at most. Its pages hold 10,000 each and only the last is not full, so a
 * question of 30 pages wastes half a page on average; a larger one costs more to ask again.
 */
const mostBarsPerQuestion = 300_000;

/**
 * Cut what is wanted into questions: as many symbols as a URL holds, for as many minutes as make a good
 * number of full pages. That comes within a few percent of total bars / 10,000 requests.
 */
export function cut(wants: readonly Want[], limits: CutLimits): Question[] {
  return wants.flatMap(({ symbols, from, to }) =>
    pack(symbols, { maxSymbols: Number.POSITIVE_INFINITY, maxBytes: limits.maxListBytes }).flatMap((batch) =>
      cutTime(batch, from, addMinutes(to, -1), limits),
    ),
  );
}

function cutTime(
  symbols: readonly MarketSymbol[],
  start: EpochMinute,
  end: EpochMinute,
  limits: CutLimits,
): Question[] {
  if (end < start) return [];
  const minutes = limits.openMinutes(start, end);
  if (minutes === 0) return [];
  const mostBars = symbols.length * minutes;
  if (mostBars <= mostBarsPerQuestion || end === start) {
    return [{ symbols, feed: limits.feed, start, end, mostBars }];
  }
  const middle = middleOf(start, end, minutes, limits);
  return [
    ...cutTime(symbols, start, middle, limits),
    ...cutTime(symbols, addMinutes(middle, 1), end, limits),
  ];
}

/** The minute by which half of the open minutes are over. */
function middleOf(start: EpochMinute, end: EpochMinute, minutes: number, limits: CutLimits): EpochMinute {
  let low = start;
  let high = addMinutes(end, -1);
  while (low < high) {
    const guess = Math.floor((low + high) / 2) as EpochMinute;
    if (limits.openMinutes(start, guess) * 2 >= minutes) high = guess;
    else low = addMinutes(guess, 1);
  }
  return low;
}
