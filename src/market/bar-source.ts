import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { BarRow } from './bar.ts';
import type { Feed } from './feed.ts';
import type { MarketSymbol } from './symbol.ts';

/** Who asks. A lower lane only gets what the higher ones leave of the budget: live > repair > backfill. */
export type Lane = 'live' | 'repair' | 'backfill';

/** A window of minutes of some symbols. Both ends are inclusive. */
export interface BarQuery {
  readonly symbols: readonly MarketSymbol[];
  readonly feed: Feed;
  readonly start: EpochMinute;
  readonly end: EpochMinute;
}

/** One page: rows by symbol, in order of time. A symbol may be continued on the next page. */
export interface BarPage {
  readonly rows: ReadonlyMap<MarketSymbol, readonly BarRow[]>;
  /** When the request was sent: what was visible then is in the page. */
  readonly askedAt: EpochMs;
  readonly receivedAt: EpochMs;
}

export interface BarQueryOptions {
  readonly lane: Lane;
  /** No retry starts after this instant: the next poll's window covers what was missed. */
  readonly deadline?: EpochMs;
  readonly signal?: AbortSignal;
}

/**
 * Where bars come from. The pages are pulled, so a slow consumer slows the asking; when they end without an
 * error, every bar of the window that the service had at the first page's `askedAt` was in them.
 */
export interface BarSource {
  pages(query: BarQuery, options: BarQueryOptions): AsyncIterable<BarPage>;
}
