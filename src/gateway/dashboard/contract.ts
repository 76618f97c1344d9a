/**
 * What the page and the daemon say to each other under `/fleece/`. Plain numbers and texts only: times are epoch
 * milliseconds, minutes are whole minutes since 1970 and name a bar by its start, ranges of minutes are inclusive.
 */

export type LaneName = 'live' | 'repair' | 'backfill';

/** The pass over the universe for the minute that closed last. */
export interface ProgressAnswer {
  readonly minute: number;
  /** Symbols that are polled now, without those in quarantine. */
  readonly symbols: number;
  /** Symbols that were asked about since the minute closed. */
  readonly asked: number;
  /** Symbols whose bar of the minute is there. */
  readonly bars: number;
  readonly batches: number;
  readonly batchesDone: number;
}

export interface PlanAnswer {
  readonly mode: string;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly requestsPerMinute: number;
  readonly budgetPerMinute: number;
  readonly cadenceMinutes: number;
  readonly secondsPerCycle: number;
  readonly warnings: readonly string[];
}

/** A backfill that was started from the page. */
export interface JobAnswer {
  readonly id: number;
  readonly what: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly questions: number;
  readonly questionsDone: number;
  readonly bars: number;
  readonly message?: string;
}

export interface StatusAnswer {
  readonly now: number;
  readonly startedAt: number;
  readonly feed: string;
  readonly sessionKind: 'regular' | 'extended' | 'all';
  readonly symbols: number;
  readonly quarantined: number;
  /** Gaps that are open now: (symbol, minute) cells. */
  readonly openGapMinutes: number;
  readonly clients: number;
  readonly lastSealed: number | null;
  readonly sealDue: number | null;
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly budget: {
    /** Requests of the last 60 seconds. */
    readonly used: number;
    readonly limit: number;
    readonly byLane: Readonly<Record<LaneName, number>>;
    readonly waiting: number;
    /** Answers with HTTP 429 since the start. */
    readonly refused: number;
  };
  readonly lateness: { readonly p50Ms: number; readonly p99Ms: number } | null;
  /** The machine's clock minus the service's. */
  readonly clockOffsetMs: number | null;
  readonly market: {
    readonly session: 'closed' | 'pre' | 'regular' | 'post' | 'always';
    readonly nextChange: number | null;
  };
  readonly store: { readonly commits: number; readonly lastMs: number; readonly failing: boolean };
  readonly lastPass: {
    readonly minute: number;
    readonly durationMs: number;
    readonly bars: number;
  } | null;
  readonly progress: ProgressAnswer | null;
  readonly plan: PlanAnswer;
  readonly jobs: readonly JobAnswer[];
}

/** The states of a cell of the coverage map; the place in this list is the cell's low bits. */
export const cellStates = ['none', 'bar', 'quiet', 'pending', 'missing', 'quarantined'] as const;
export type CellState = (typeof cellStates)[number];
export const stateMask = 7;
/** Set on a cell that was also asked of the consolidated tape, which has the last word on it. */
export const healedBit = 8;

/**
 * The first part of a coverage answer, as JSON after its own length (32 bits, little endian). The cells follow,
 * one byte each: by symbol and then by minute when `columns` is null, else by column and then by symbol.
 */
export interface CoverageHeader {
  readonly date: string;
  /** The minutes of the session, [from, to). Empty when the market is closed on that date. */
  readonly from: number;
  readonly to: number;
  /** The regular session in it, for shading; null where there is none. */
  readonly regular: { readonly from: number; readonly to: number } | null;
  /** Given back as `since` to get only the columns that have changed. */
  readonly cursor: string;
  /** All symbols, with a whole answer only. */
  readonly symbols: readonly string[] | null;
  /** Minutes after `from` whose cells follow; null when all do. */
  readonly columns: readonly number[] | null;
  readonly previousDate: string | null;
  readonly nextDate: string | null;
}

export interface VersionAnswer {
  readonly version: number;
  readonly feed: string;
  readonly receivedAt: number;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
  readonly n: number;
  readonly vw: number;
}

/** Everything that is known of one cell. */
export interface BarVersionsAnswer {
  readonly symbol: string;
  readonly minute: number;
  readonly state: CellState;
  readonly healed: boolean;
  /** Feeds that were asked for the minute after it had settled. */
  readonly askedOf: readonly string[];
  /** Oldest first; the last one of the best feed is served. */
  readonly versions: readonly VersionAnswer[];
}

/** A bar of the chart. `versions` and `lateMs` tell of minute bars of one version alone; else 0. */
export interface ChartBar {
  readonly minute: number;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
  readonly n: number;
  readonly vw: number;
  /** Minute bars in it that were corrected after their first delivery. */
  readonly revised: number;
  /** Minute bars in it that came more than a minute after their close. */
  readonly late: number;
}

export interface BarsAnswer {
  readonly symbol: string;
  readonly timeframe: string;
  /** In order of time; the newest ones when there are more than `limit`. */
  readonly bars: readonly ChartBar[];
  /** Regular sessions of the span, for shading; both ends inclusive. */
  readonly sessions: readonly { readonly from: number; readonly to: number }[];
  readonly known: boolean;
}

export interface QuarantineAnswer {
  readonly symbol: string;
  readonly reason: string;
  readonly since: number;
  readonly nextLook: number;
}

export interface GapAnswer {
  readonly symbols: readonly string[];
  /** How many symbols there are, when the list is cut. */
  readonly count: number;
  readonly from: number;
  /** The last minute, inclusive. */
  readonly to: number;
  readonly reason: string;
  /** What happens next, by itself. */
  readonly next: string;
}

export interface AskAgainRequest {
  readonly symbols: readonly string[];
  /** With a range, its minutes are asked for again now; without, quarantined symbols are looked at again. */
  readonly from?: number;
  readonly to?: number;
}

export interface AskAgainAnswer {
  readonly accepted: number;
  readonly message: string;
}

export interface BackfillRequest {
  /** All symbols that are polled when absent. */
  readonly symbols?: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** What a backfill costs, before or as it starts. */
export interface BackfillAnswer {
  readonly symbols: number;
  /** Symbols times minutes that are not vouched for yet. */
  readonly cells: number;
  readonly questions: number;
  readonly requests: number;
  /** Seconds at what live polling leaves of the budget. */
  readonly seconds: number;
  /** The job that was started; absent for a trial. */
  readonly job?: number;
}

export interface ModeRequest {
  readonly mode: string;
  /** As the mode says when absent. */
  readonly batchSize?: number | 'auto';
  readonly concurrency?: number;
  readonly rpm?: number;
}
