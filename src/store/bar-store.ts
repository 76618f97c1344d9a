import type { Account, Advance } from '../ledger/account.ts';
import type { Stretch } from '../ledger/account-stretch.ts';
import type { Bar, BarRow } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { Timeframe } from './timeframe.ts';

/** A minute for which no symbol is pending or missing any more. */
export interface Seal {
  readonly minute: EpochMinute;
  readonly sealedAt: EpochMs;
  /** Symbols that had a bar, and symbols that were asked and had none. */
  readonly bars: number;
  readonly quiet: number;
}

/** A symbol that the service refuses, and when to try it again. */
export interface QuarantineEntry {
  readonly symbol: MarketSymbol;
  readonly reason: string;
  readonly since: EpochMs;
  readonly nextLook: EpochMs;
}

/** One trading day. The extended session is [sessionOpen, sessionClose), the regular one [open, close). */
export interface StoredDay {
  /** `YYYY-MM-DD`, in New York. */
  readonly date: string;
  readonly sessionOpen: EpochMinute;
  readonly open: EpochMinute;
  readonly close: EpochMinute;
  readonly sessionClose: EpochMinute;
}

/** A difference of the universe. */
export interface UniverseChange {
  readonly at: EpochMs;
  readonly symbol: MarketSymbol;
  readonly change: 'listed' | 'delisted' | 'renamed';
  /** The new name after a rename; otherwise empty or a remark. */
  readonly detail: string;
}

/** Symbols that the daemon watches from a minute on: it owes every minute of theirs since then. */
export interface Watch {
  readonly symbols: readonly MarketSymbol[];
  readonly since: EpochMinute;
}

/** What one cycle has to keep. All of it is kept, or none. */
export interface StoreBatch {
  /**
   * Bars in the order in which they arrived. `version` and `type` are not read: the store numbers the
   * versions of a (symbol, minute) itself, and leaves out one that says what the feed's newest one says.
   */
  readonly bars?: readonly Bar[];
  readonly advances?: readonly Advance[];
  readonly seals?: readonly Seal[];
  /** Symbols that go into quarantine, or whose entry changes. */
  readonly quarantine?: readonly QuarantineEntry[];
  /** Symbols that leave quarantine. */
  readonly release?: readonly MarketSymbol[];
  /** Replaces the days of the same dates. */
  readonly calendar?: readonly StoredDay[];
  readonly universe?: readonly UniverseChange[];
  /** Symbols that are watched from now on; one that is watched already stays as it is. */
  readonly watch?: readonly Watch[];
  /** Symbols that are no longer watched: what they miss from now on is not owed. */
  readonly unwatch?: readonly MarketSymbol[];
}

/** What a commit did with its bars. */
export interface CommitResult {
  /** First bars of their minute. */
  readonly added: number;
  /** Bars that replaced another as the newest version. */
  readonly revised: number;
  /** Bars of a lesser feed than the newest version's: kept in the history only. */
  readonly late: number;
  /** Bars that said nothing new. */
  readonly unchanged: number;
}

/** What the store knows besides bars, as of its last commit. */
export interface StoreMemory {
  /** The live account: every commit's advances are in it once the commit is done. Not to be changed by others. */
  readonly account: Account;
  readonly quarantine: ReadonlyMap<MarketSymbol, QuarantineEntry>;
  readonly calendar: readonly StoredDay[];
  /** The minute from which on a watched symbol is owed every minute. */
  readonly watchedSince: ReadonlyMap<MarketSymbol, EpochMinute>;
  /** The highest minute that was sealed. */
  readonly lastSeal: Seal | undefined;
}

/** A bar of any timeframe, as it is read. `minute` names the start of its bucket. */
export interface SymbolBar extends BarRow {
  readonly symbol: MarketSymbol;
}

export interface BarRead {
  /** Symbols to read, in any order; all of the store when absent. */
  readonly symbols?: readonly MarketSymbol[];
  /** First and last bucket start; both are inclusive. */
  readonly start: EpochMinute;
  readonly end: EpochMinute;
  readonly timeframe?: Timeframe;
  /** Order of time inside a symbol; symbols are always in order of their characters. */
  readonly sort?: 'asc' | 'desc';
  /** Most bars of a page, of all symbols together. */
  readonly limit: number;
  /** Only what comes after this bar; taken from the page before. */
  readonly after?: BarCursor;
  readonly signal?: AbortSignal;
}

export interface BarCursor {
  readonly symbol: MarketSymbol;
  readonly minute: EpochMinute;
}

export interface StoredPage {
  readonly bars: readonly SymbolBar[];
  /** Where the next page starts; null when this is the last one. */
  readonly next: BarCursor | null;
}

/**
 * Where bars and the account of minutes are kept. Every method fails with FleeceError `store` when the
 * store cannot be used, and then has changed nothing.
 */
export interface BarStore {
  /** What was known when the store was opened, kept current by each commit. */
  readonly memory: StoreMemory;
  /** Keep a batch. When the promise resolves, all of it is on the disk; when it rejects, none of it. */
  commit(batch: StoreBatch): Promise<CommitResult>;
  /** A page of newest versions, by symbol and then by time. */
  read(query: BarRead): Promise<StoredPage>;
  /** The latest minute bar of each symbol that has one (of all symbols when none are given). */
  latest(symbols?: readonly MarketSymbol[]): Promise<Bar[]>;
  /** Every version of one bar, oldest first; the newest is the last one of the highest feed. */
  versions(symbol: MarketSymbol, minute: EpochMinute): Promise<Bar[]>;
  /**
   * Where bars are: one byte a minute of `window` for each symbol that has any bar in it, 1 for a bar. Symbols that
   * are alike share theirs: it is not to be written to.
   */
  marks(window: Stretch, symbols?: readonly MarketSymbol[]): Promise<Map<MarketSymbol, Uint8Array>>;
  /** Write everything out and let go of the file. */
  close(): Promise<void>;
}
