import type { Bar } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMinute } from '../time/minute.ts';

/** Bars that meet nothing in the store, and bars that may: each in the order in which they came. */
export interface Parted {
  readonly beyond: readonly Bar[];
  readonly behind: readonly Bar[];
}

/**
 * The last minute of each symbol that may be in the store. What lies beyond it is not there for certain, so nearly
 * every live bar, and every bar of a backfill into a new store, is spared the search for what it replaces.
 */
export class Frontier {
  readonly #top: number;
  readonly #last = new Map<MarketSymbol, number>();

  /** @param top The last minute of any symbol in the store before the first commit of this process; none when it was empty. */
  constructor(top: EpochMinute | undefined) {
    this.#top = top ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Part bars that are about to be kept. Should that fail, they are behind from now on: they are searched for in
   * vain, and nothing is doubled.
   */
  part(bars: readonly Bar[]): Parted {
    const beyond: Bar[] = [];
    const behind: Bar[] = [];
    for (const bar of bars) {
      if (bar.minute > (this.#last.get(bar.symbol) ?? this.#top)) {
        this.#last.set(bar.symbol, bar.minute);
        beyond.push(bar);
      } else {
        behind.push(bar);
      }
    }
    return { beyond, behind };
  }
}
