import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import { addMinutes, type EpochMinute, openFrom } from '../time/minute.ts';

/** What the poller knows of one symbol. */
export interface SymbolState {
  readonly symbol: MarketSymbol;
  /** True once the symbol was removed: an answer that is under way for it concerns nobody any more. */
  removed: boolean;
  /** The watermark: the first minute that may still bring a bar or a revision. */
  openFrom: EpochMinute;
  /** The last minute that was asked for with success. */
  askedThrough: EpochMinute;
  /** When the last successful question was sent. */
  askedAt: EpochMs;
  /** True while a batch that holds it waits or is under way: then no other may. */
  busy: boolean;
  /** Passes in a row in which its batch failed while others succeeded. */
  failures: number;
  /** Start of the stretch that could not be asked for, while there is one. */
  gapFrom: EpochMinute | undefined;
  /** The newest minute with a bar. */
  lastBar: EpochMinute;
  /** Share of its minutes that brought a bar, as a running mean; unknown symbols start at 1. */
  printRate: number;
  quarantine: Quarantine | undefined;
  /** True until it was asked about for the first time, if its name is of a kind that the service refuses. */
  doubtful: boolean;
}

export interface Quarantine {
  readonly reason: string;
  readonly since: EpochMs;
  readonly until: EpochMs;
  readonly times: number;
}

/** First wait before a refused symbol is looked at again; doubled each time, up to the longest. */
const firstQuarantineMs = 10 * 60_000;
const firstUnnamedQuarantineMs = 60_000;
const longestQuarantineMs = 6 * 60 * 60_000;

/** Names that the data endpoints are known to refuse: digits, hyphens and the like, preferred shares as `.PR?`. */
const oftenRefused = /[^A-Z./]|\.P[A-Z]*$/;

/** The symbols that are polled, each with its watermark. */
export class Roster {
  readonly #states = new Map<MarketSymbol, SymbolState>();

  get size(): number {
    return this.#states.size;
  }

  /** Add symbols that are owed every minute from `from` on; known ones are left as they are. */
  add(symbols: Iterable<MarketSymbol>, from: EpochMinute): void {
    for (const symbol of symbols) {
      if (this.#states.has(symbol)) continue;
      this.#states.set(symbol, {
        symbol,
        removed: false,
        openFrom: from,
        askedThrough: addMinutes(from, -1),
        askedAt: Number.NEGATIVE_INFINITY,
        busy: false,
        failures: 0,
        gapFrom: undefined,
        lastBar: addMinutes(from, -1),
        printRate: 1,
        quarantine: undefined,
        doubtful: oftenRefused.test(symbol),
      });
    }
  }

  remove(symbols: Iterable<MarketSymbol>): void {
    for (const symbol of symbols) {
      const state = this.#states.get(symbol);
      if (state) state.removed = true;
      this.#states.delete(symbol);
    }
  }

  get(symbol: MarketSymbol): SymbolState | undefined {
    return this.#states.get(symbol);
  }

  /** The names, in the order in which they were added. */
  symbols(): MarketSymbol[] {
    return [...this.#states.keys()];
  }

  all(): Iterable<SymbolState> {
    return this.#states.values();
  }

  /** Symbols that may be asked for now, in the order in which they were added. */
  ready(): SymbolState[] {
    return [...this.#states.values()].filter((state) => !state.quarantine && !state.busy);
  }

  quarantined(): SymbolState[] {
    return [...this.#states.values()].filter((state) => state.quarantine);
  }

  /** Quarantined symbols whose time for another look has come. */
  due(now: EpochMs): SymbolState[] {
    return this.quarantined().filter((state) => !state.busy && (state.quarantine?.until ?? 0) <= now);
  }

  /** The symbol was asked about: its name alone says nothing any more. */
  trust(symbol: MarketSymbol): void {
    const state = this.#states.get(symbol);
    if (state) state.doubtful = false;
  }

  /** Set `state` aside. One that was found by elimination may be innocent: it is looked at again sooner. */
  quarantine(state: SymbolState, reason: string, named: boolean, now: EpochMs): Quarantine {
    const times = (state.quarantine?.times ?? 0) + 1;
    const first = named ? firstQuarantineMs : firstUnnamedQuarantineMs;
    const wait = Math.min(longestQuarantineMs, first * 2 ** (times - 1));
    state.quarantine = { reason, since: state.quarantine?.since ?? now, until: now + wait, times };
    return state.quarantine;
  }

  /**
   * A window up to `to` was answered completely. Minutes that were past their lookback when it was asked are
   * settled: whatever can come of them has come.
   */
  settle(state: SymbolState, to: EpochMinute, askedAt: EpochMs, lookback: number): void {
    state.askedAt = askedAt;
    if (to > state.askedThrough) state.askedThrough = to;
    const open = Math.min(to + 1, openFrom(askedAt, lookback)) as EpochMinute;
    if (open > state.openFrom) state.openFrom = open;
    state.failures = 0;
    state.gapFrom = undefined;
  }
}
