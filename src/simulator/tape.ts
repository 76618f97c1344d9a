import type { MarketBar, Minute } from './bar.ts';

/** Whose trades a bar is made of: one exchange's, or those of all (the consolidated tape). */
export type TapeFeed = 'iex' | 'sip';

/** What traded: the final bars, before anything is said about when they become visible. */
export interface Tape {
  /** Every symbol of the tape, in order of the alphabet. */
  readonly symbols: readonly string[];
  /** The bar of a minute, or undefined when nothing traded in it. */
  bar(symbol: string, minute: Minute, feed: TapeFeed): MarketBar | undefined;
  /**
   * The first minute at or after `minute` (step 1), or the last at or before it (step -1), in which the symbol
   * could have a bar; undefined when there is none. Skips the closed hours, so that long windows stay cheap.
   */
  candidate(symbol: string, minute: Minute, step: 1 | -1): Minute | undefined;
}
