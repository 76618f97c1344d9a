import type { Bar, BarRow } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { Timeframe } from '../store/timeframe.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';

/** A bar of any timeframe. `minute` names the start of its bucket. */
export interface HistoryBar extends BarRow {
  readonly symbol: MarketSymbol;
}

/** A place between two bars of an answer: just after the bar of `symbol` at `minute`. */
export interface HistoryCursor {
  readonly symbol: MarketSymbol;
  readonly minute: EpochMinute;
}

/** Bars by symbol, then by time. */
export interface HistoryQuery {
  readonly symbols: readonly MarketSymbol[];
  readonly timeframe: Timeframe;
  /** First and last bucket start that may be in the answer; both are inclusive. */
  readonly start: EpochMinute;
  readonly end: EpochMinute;
  /** The order of time inside a symbol. Symbols are always in the order of their characters. */
  readonly sort: 'asc' | 'desc';
  /** Most bars of the answer, of all symbols together; up to 10,001. */
  readonly limit: number;
  /** Only bars that come after this place. */
  readonly after?: HistoryCursor;
}

/** What is replayed to a subscriber that asks for bars since a time. */
export interface ReplayQuery {
  /** All that there are when absent. */
  readonly symbols?: readonly MarketSymbol[];
  readonly start: EpochMinute;
  /** The last minute, inclusive; open when absent. */
  readonly end?: EpochMinute;
  readonly signal: AbortSignal;
}

/**
 * The bars that are kept.
 *
 * Every call sees each bar that was published on the bus before the call: commit first and publish then, or
 * let reads wait for the commit under way. Failures are FleeceErrors; `usage` and `bad_request` become an HTTP
 * 400 with the message, all others a 500 without.
 */
export interface BarHistory {
  /** At most `limit` bars; fewer only when there are no more. */
  read(query: HistoryQuery): Promise<readonly HistoryBar[]>;
  /** The latest minute bar of each symbol that has one. */
  latest(symbols: readonly MarketSymbol[]): Promise<readonly HistoryBar[]>;
  /** Every version of every feed: by minute, then symbol, the newest last; in chunks, pulled. */
  replay(query: ReplayQuery): AsyncIterable<readonly Bar[]>;
}

/** Minutes of some symbols that the store cannot vouch for. Both ends are inclusive. */
export interface Missing {
  readonly symbols: readonly MarketSymbol[];
  readonly start: EpochMinute;
  readonly end: EpochMinute;
}

/** How what the store lacks is got. The gateway never asks for the same minute of a symbol twice at a time. */
export interface Backfill {
  /** What of `wanted` is closed and was never asked for. Nothing when all is covered. */
  missing(wanted: Missing): Promise<readonly Missing[]>;
  /** Ask the service for it through the budget, and keep it. Resolves when reads can see it. */
  fetch(missing: Missing, signal: AbortSignal): Promise<void>;
}

export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly reason: string };

/** The symbols that are polled. The gateway counts its clients: it acquires a symbol once and releases it once. */
export interface Universe {
  has(symbol: MarketSymbol): boolean;
  /** Poll these too, all of them or none. A refusal says why in one sentence. */
  acquire(symbols: readonly MarketSymbol[]): Promise<Admission>;
  /** They are no longer wanted by any client; what others want of them goes on. */
  release(symbols: readonly MarketSymbol[]): void;
}

/** One trading day, in the words of Alpaca's calendar: `{"date":"2025-01-02","open":"09:30",...}`. */
export interface CalendarRow {
  readonly date: string;
  readonly open: string;
  readonly close: string;
  readonly session_open: string;
  readonly session_close: string;
  readonly settlement_date: string;
}

/** The market's hours. */
export interface MarketClock {
  /** The state at `now` of the regular session. */
  session(now: EpochMs): {
    readonly isOpen: boolean;
    readonly nextOpen: EpochMs;
    readonly nextClose: EpochMs;
  };
  /** Trading days from `start` to `end`, `YYYY-MM-DD`, both inclusive. */
  calendar(start: string, end: string): readonly CalendarRow[];
}

/** Requests that were answered since the start, by who asked and how it went. */
export interface RequestCount {
  readonly lane: 'live' | 'repair' | 'backfill';
  /** An HTTP status, or `network` when there was no whole answer. */
  readonly status: string;
  readonly count: number;
}

/** Everything that `/health`, `/ready`, `/metrics` and the page tell. Times are epoch milliseconds. */
export interface StatusSnapshot {
  readonly startedAt: EpochMs;
  readonly feed: Feed;
  readonly mode: string;
  readonly symbols: number;
  readonly quarantined: number;
  /** Gaps that are open now: (symbol, minute) cells. */
  readonly openGapMinutes: number;
  /** The last minute for which everything is known; undefined before the first. */
  readonly lastSealed: EpochMinute | undefined;
  /** The last minute that ought to be sealed by now; undefined while the market is closed. */
  readonly sealDue: EpochMinute | undefined;
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly budget: {
    /** Requests in the present 60 s window. */
    readonly used: number;
    readonly limit: number;
    readonly tokens: number;
    readonly byLane: Readonly<Record<'live' | 'repair' | 'backfill', number>>;
    /** Requests that wait for their turn. */
    readonly waiting: number;
    /** Answers with HTTP 429 since the start. */
    readonly refused: number;
  };
  readonly requests: readonly RequestCount[];
  /** The last complete pass over the universe; undefined before the first. */
  readonly lastPass:
    | { readonly minute: EpochMinute; readonly durationMs: number; readonly bars: number }
    | undefined;
  /** From a minute's close to its bar's delivery, of late; undefined before the first bar. */
  readonly lateness: { readonly p50Ms: number; readonly p99Ms: number } | undefined;
  /** The machine's clock minus the service's; undefined while unknown. */
  readonly clockOffsetMs: number | undefined;
  readonly market: {
    readonly session: 'closed' | 'pre' | 'regular' | 'post' | 'always';
    readonly nextChange: EpochMs | undefined;
  };
  /** Commits to the store since the start. */
  readonly store: {
    readonly commits: number;
    readonly totalMs: number;
    readonly lastMs: number;
    readonly failing: boolean;
  };
}

/** What the service knows about itself. */
export interface Status {
  snapshot(): StatusSnapshot;
}
