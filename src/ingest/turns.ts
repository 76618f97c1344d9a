import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import { addMinutes, closeOf, type EpochMinute, msPerMinute } from '../time/minute.ts';
import { batchesOf, type BatchLimits } from './batches.ts';
import type { Roster, SymbolState } from './roster.ts';

/** How the universe is cut into requests. It can be changed while the poller runs. */
export interface PollShape extends BatchLimits {
  readonly concurrency: number;
  /** The most requests that a first pass makes a minute; a larger universe takes turns, the oldest first. */
  readonly requestsPerMinute: number;
  /** The most requests that the second looks of a minute make together. */
  readonly secondPassRequests: number;
}

export interface TurnOptions {
  readonly roster: Roster;
  /** Minutes for which a bar may still appear or change after its own minute. */
  readonly lookback: number;
  /** The last minute that is wanted; without it there is no last one. */
  readonly through?: EpochMinute;
  /** How long after the close of `through` the last question has to be asked, in minutes. */
  readonly settleMinutes: number;
  /** False in minutes in which the symbol's market is closed: then it is not asked about. By default never. */
  readonly isOpen?: (minute: EpochMinute, symbol: MarketSymbol) => boolean;
}

/** A symbol that prints more rarely than this is not looked for a second time within its minute. */
const worthASecondLook = 0.02;

/** Decides whose turn it is: which symbols are asked for in a pass, and in which batches. */
export class Turns {
  readonly #options: TurnOptions;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** Everybody who may bring something; if that is too much for a minute, those who have waited longest. */
  first(minute: EpochMinute, shape: PollShape): MarketSymbol[][] {
    const ready = this.#candidates(minute).filter((state) => !state.doubtful);
    const batches = batchesOf(ready, shape);
    if (batches.length <= shape.requestsPerMinute) return batches;
    const oldestFirst = ready.toSorted((a, b) => a.askedThrough - b.askedThrough);
    return batchesOf(oldestFirst, shape).slice(0, shape.requestsPerMinute);
  }

  /**
   * Who is still missing in `minute`, in at most `requests` batches: failed ones first, then those that are most
   * likely to appear.
   */
  second(minute: EpochMinute, shape: PollShape, requests: number): MarketSymbol[][] {
    const { isOpen } = this.#options;
    const missing = this.#wanted().filter(
      (state) => state.lastBar < minute && !state.doubtful && isOpen?.(minute, state.symbol) !== false,
    );
    const failed = missing.filter((state) => state.askedThrough < minute);
    const late = missing
      .filter((state) => state.askedThrough >= minute && state.printRate >= worthASecondLook)
      .sort((a, b) => b.printRate - a.printRate);
    const isFull = batchesOf(failed, shape).length >= shape.requestsPerMinute;
    return batchesOf(isFull ? failed : [...failed, ...late], shape).slice(0, requests);
  }

  /**
   * Symbols that were never asked about and whose name is of a kind that the service refuses. Finding out costs
   * a request for each that is refused, so they wait behind all others.
   */
  doubtful(minute: EpochMinute, shape: PollShape): MarketSymbol[][] {
    return batchesOf(
      this.#candidates(minute).filter((state) => state.doubtful),
      shape,
    );
  }

  /** Quarantined symbols whose time for another look has come, each alone, so that it can cost nobody else. */
  due(minute: EpochMinute, now: EpochMs, shape: PollShape): MarketSymbol[][] {
    const most = Math.max(1, Math.floor(shape.secondPassRequests / 4));
    return this.#options.roster
      .due(now)
      .filter((state) => this.#mayBring(state, minute))
      .slice(0, most)
      .map((state) => [state.symbol]);
  }

  /** Remember who had a bar in `minute`. */
  learn(minute: EpochMinute): void {
    const memory = 0.9;
    for (const state of this.#options.roster.all()) {
      if (state.askedThrough < minute) continue;
      state.printRate = state.printRate * memory + (state.lastBar >= minute ? 1 - memory : 0);
    }
  }

  /** True when the last wanted minute is delivered and settled for all that are not quarantined. */
  isDone(): boolean {
    const { through, roster } = this.#options;
    if (through === undefined) return false;
    return [...roster.all()].every((state) => state.quarantine ?? this.#isSettled(state, through));
  }

  #candidates(minute: EpochMinute): SymbolState[] {
    return this.#wanted().filter((state) => this.#mayBring(state, minute));
  }

  /** Symbols that may be asked for and are still owed a minute. */
  #wanted(): SymbolState[] {
    const { through, roster } = this.#options;
    const ready = roster.ready();
    return through === undefined ? ready : ready.filter((state) => !this.#isSettled(state, through));
  }

  #isSettled(state: SymbolState, through: EpochMinute): boolean {
    // Past its lookback a minute is not asked about any more, however long the settle minutes are.
    if (state.openFrom > through) return true;
    const { settleMinutes } = this.#options;
    return state.askedThrough >= through && state.askedAt >= closeOf(through) + settleMinutes * msPerMinute;
  }

  /** True while a gap is open, or `minute` or one whose lookback is not over lies in the market's hours. */
  #mayBring(state: SymbolState, minute: EpochMinute): boolean {
    const { isOpen, lookback } = this.#options;
    if (!isOpen || state.gapFrom !== undefined) return true;
    for (let back = 0; back <= lookback + 1; back++) {
      if (isOpen(addMinutes(minute, -back), state.symbol)) return true;
    }
    return false;
  }
}
