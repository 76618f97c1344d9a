import type { Feed } from '../market/feed.ts';
import { isCryptoPair, type MarketSymbol } from '../market/symbol.ts';
import type { EpochMinute } from '../time/minute.ts';
import { addStretch, covers, everyMinute, gapsIn, type NextMinute, type Stretch } from './account-stretch.ts';

/** Minutes of some symbols that were asked of `feed` after their settle time, whether there was a bar or not. */
export interface Advance extends Stretch {
  readonly feed: Feed;
  readonly symbols: readonly MarketSymbol[];
}

/** A stretch that the same symbols lack. */
export interface SharedGap extends Stretch {
  readonly symbols: readonly MarketSymbol[];
}

/** As `NextMinute`, for the market of one symbol. Crypto pairs are one market, and stocks another. */
export type SymbolCalendar = (minute: EpochMinute, symbol: MarketSymbol) => EpochMinute;

type Stretches = Map<MarketSymbol, readonly Stretch[]>;

const nothing: readonly Stretch[] = [];

/**
 * The account of minutes: which minutes of each symbol were asked, per feed. A minute that was asked and has
 * no bar was quiet; one that was not asked is a gap. A symbol costs one stretch and one more per hole,
 * however many minutes pass, and symbols that were always asked together share theirs.
 */
export class Account {
  #calendar: SymbolCalendar;
  readonly #feeds = new Map<Feed, Stretches>();

  constructor(calendar: SymbolCalendar = everyMinute) {
    this.#calendar = calendar;
  }

  /** Use another calendar from now on, and merge again what it makes adjacent. */
  useCalendar(calendar: SymbolCalendar): void {
    this.#calendar = calendar;
    for (const all of this.#feeds.values()) {
      this.#change(all, all.keys(), (known, next) =>
        known.reduce((merged, stretch) => addStretch(merged, stretch, next), nothing),
      );
    }
  }

  /** Enter that the minutes [from, to) of the symbols were asked. Safe to repeat. */
  advance(advance: Advance): void {
    let all = this.#feeds.get(advance.feed);
    if (!all) {
      all = new Map();
      this.#feeds.set(advance.feed, all);
    }
    const added = { from: advance.from, to: advance.to };
    this.#change(all, advance.symbols, (known, next) => addStretch(known, added, next));
  }

  /** Sorted stretches that were asked of `feed`, or of any feed when none is given. */
  coverage(symbol: MarketSymbol, feed?: Feed): readonly Stretch[] {
    if (feed) return this.#feeds.get(feed)?.get(symbol) ?? nothing;
    let merged = nothing;
    for (const symbols of this.#feeds.values()) {
      const stretches = symbols.get(symbol);
      if (!stretches) continue;
      if (merged.length === 0) merged = stretches;
      else for (const stretch of stretches) merged = addStretch(merged, stretch, this.#nextMinute(symbol));
    }
    return merged;
  }

  /** True when the minute was asked of `feed` (of any feed when none is given). */
  covers(symbol: MarketSymbol, minute: EpochMinute, feed?: Feed): boolean {
    return covers(this.coverage(symbol, feed), minute);
  }

  /**
   * The stretches of `window` that were not asked. Each starts at an open minute; one that spans a night
   * stays in one piece.
   */
  gaps(symbol: MarketSymbol, window: Stretch, feed?: Feed): readonly Stretch[] {
    return gapsIn(this.coverage(symbol, feed), window, this.#nextMinute(symbol));
  }

  /** The gaps of many symbols in `window`, symbols with the same gap together, oldest first. */
  sharedGaps(symbols: Iterable<MarketSymbol>, window: Stretch, feed?: Feed): SharedGap[] {
    const shared = new Map<string, Stretch & { readonly symbols: MarketSymbol[] }>();
    for (const symbol of symbols) {
      for (const { from, to } of this.gaps(symbol, window, feed)) {
        const key = `${from} ${to}`;
        const gap = shared.get(key);
        if (gap) gap.symbols.push(symbol);
        else shared.set(key, { from, to, symbols: [symbol] });
      }
    }
    return [...shared.values()].sort((a, b) => a.from - b.from || a.to - b.to);
  }

  /**
   * The first minute at or after `since` that some symbol still lacks: every open minute before it is sealed.
   * Infinity when there are no symbols.
   */
  sealedUntil(symbols: Iterable<MarketSymbol>, since: EpochMinute, feed?: Feed): EpochMinute {
    let until = Number.POSITIVE_INFINITY as EpochMinute;
    for (const symbol of symbols) {
      const next = this.#nextMinute(symbol);
      let open = next(since);
      for (const stretch of this.coverage(symbol, feed)) {
        if (stretch.from <= open && open < stretch.to) open = next(stretch.to);
      }
      if (open < until) until = open;
    }
    return until;
  }

  /** All that is known, for keeping. */
  *entries(): Iterable<{ feed: Feed; symbol: MarketSymbol; stretches: readonly Stretch[] }> {
    for (const [feed, symbols] of this.#feeds)
      for (const [symbol, stretches] of symbols) yield { feed, symbol, stretches };
  }

  /**
   * Symbols of one market that share a list share what becomes of it. A list each would be made anew every minute
   * for every symbol, and outlive the collections until the next.
   */
  #change(
    all: Stretches,
    symbols: Iterable<MarketSymbol>,
    changed: (known: readonly Stretch[], next: NextMinute) => readonly Stretch[],
  ): void {
    const ofStocks = new Map<readonly Stretch[], readonly Stretch[]>();
    const ofPairs = new Map<readonly Stretch[], readonly Stretch[]>();
    for (const symbol of symbols) {
      const known = all.get(symbol) ?? nothing;
      const done = isCryptoPair(symbol) ? ofPairs : ofStocks;
      let list = done.get(known);
      if (!list) {
        list = changed(known, this.#nextMinute(symbol));
        done.set(known, list);
      }
      if (list.length > 0) all.set(symbol, list);
    }
  }

  #nextMinute(symbol: MarketSymbol): NextMinute {
    return (minute) => this.#calendar(minute, symbol);
  }
}
