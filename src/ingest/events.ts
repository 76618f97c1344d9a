import type { Bar } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';

/** Minutes of some symbols that could not be asked for, or that were made good later. */
export interface GapEvent {
  readonly type: 'gap';
  /** `open` when asking failed; `closed` when a later poll covered the same minutes, or nobody wants them any more. */
  readonly state: 'open' | 'closed';
  readonly symbols: readonly MarketSymbol[];
  readonly from: EpochMinute;
  /** The last minute, inclusive. */
  readonly to: EpochMinute;
  readonly reason: string;
}

/** A symbol that the service refuses was set aside, so that it does not cost its batch anything. */
export interface QuarantineEvent {
  readonly type: 'quarantine';
  readonly symbol: MarketSymbol;
  readonly reason: string;
  /** When it was refused first; it has been set aside ever since. */
  readonly since: EpochMs;
  /** When it will be asked for again. */
  readonly until: EpochMs;
}

/** A quarantined symbol was accepted again; what it missed is being fetched. */
export interface ReleaseEvent {
  readonly type: 'release';
  readonly symbol: MarketSymbol;
}

/** One pass over the universe, or over what was missing of it, is over. */
export interface PassEvent {
  readonly type: 'pass';
  /** The minute whose bars were asked for. */
  readonly minute: EpochMinute;
  readonly pass: 'first' | 'second' | 'since';
  readonly symbols: number;
  readonly batches: number;
  readonly failedBatches: number;
  /** First deliveries and revisions. */
  readonly bars: number;
  readonly revisions: number;
  /** Symbols without a bar of the minute so far. */
  readonly missing: number;
  readonly startedAt: EpochMs;
  readonly finishedAt: EpochMs;
  readonly slowestBatchMs: number;
}

/**
 * Some symbols were asked for completely: what the service had is delivered. Symbols of a batch whose
 * watermarks differ come in events of their own.
 */
export interface AskedEvent {
  readonly type: 'asked';
  readonly symbols: readonly MarketSymbol[];
  readonly feed: Feed;
  /** The first minute that was still open before, and the last that was asked for. */
  readonly from: EpochMinute;
  readonly to: EpochMinute;
  /** When the first page was asked for. */
  readonly askedAt: EpochMs;
  /** Up to this minute, inclusive, they are past their lookback and will not be asked about again. */
  readonly settledThrough: EpochMinute;
}

/** The machine slept, or was held up: no poll could be sent for a while. The next one asks for all of it. */
export interface SleptEvent {
  readonly type: 'slept';
  readonly ms: number;
}

/** How the universe is polled has changed while running. */
export interface ModeEvent {
  readonly type: 'mode';
  readonly batchSize: number;
  readonly concurrency: number;
}

/** Many bars come after their first pass, so first passes begin later from now on. */
export interface SettleEvent {
  readonly type: 'settle';
  /** From the end of a minute to its first pass, in milliseconds. */
  readonly settleMs: number;
  /** Share of the last minute's bars that came after its first pass, from 0 to 1. */
  readonly late: number;
}

/** How much of the request budget is used. */
export interface BudgetEvent {
  readonly type: 'budget';
  /** Requests in the present 60 s window. */
  readonly used: number;
  readonly limit: number;
  /** Answers with HTTP 429 so far. */
  readonly refused: number;
  readonly total: number;
}

/** Everything that is not a bar. */
export type NoticeEvent =
  | GapEvent
  | QuarantineEvent
  | ReleaseEvent
  | PassEvent
  | AskedEvent
  | ModeEvent
  | SleptEvent
  | SettleEvent
  | BudgetEvent;

/** Where the engine pushes to, once bars are in the ledger. */
export interface IngestSink {
  /** All deliveries of one page. A promise makes the asking wait: a slow consumer slows, and never loses. */
  bars(bars: readonly Bar[]): true | Promise<void>;
  notice(event: NoticeEvent): void;
}
