import { setMaxListeners } from 'node:events';
import { Semaphore } from '../async/semaphore.ts';
import { FleeceError, messageOf } from '../errors.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { BarSource } from '../market/bar-source.ts';
import type { StockFeed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import { type Clock, type EpochMs, sleepUntil } from '../time/clock.ts';
import {
  addMinutes,
  closeOf,
  type EpochMinute,
  lastClosed,
  minuteOf,
  msPerMinute,
  startOf,
} from '../time/minute.ts';
import { Asker } from './asker.ts';
import { batchesOf } from './batches.ts';
import type { IngestSink } from './events.ts';
import { type PassOptions, runPass } from './pass.ts';
import { Roster, type SymbolState } from './roster.ts';

/** How the universe is cut into requests. It can be changed while the poller runs. */
export interface PollShape {
  readonly batchSize: number;
  readonly concurrency: number;
  /** The most requests that a first pass makes a minute; a larger universe takes turns, the oldest first. */
  readonly requestsPerMinute: number;
  /** The most requests that a second pass makes a minute. */
  readonly secondPassRequests: number;
  /** The most bytes of a URL that the list of symbols may take. */
  readonly maxListBytes: number;
}

export interface PollerOptions {
  readonly source: BarSource;
  readonly sink: IngestSink;
  readonly clock: Clock;
  readonly feed: StockFeed;
  readonly shape: PollShape;
  /** Minutes for which a bar may still appear or change after its own minute. */
  readonly lookback: number;
  /** From the end of a minute to its first pass, in milliseconds. */
  readonly settleMs: number;
  /** The first minute that is owed; earlier ones than the present are asked for at once. */
  readonly from: EpochMinute;
  /** The last minute that is wanted; without it the poller runs until it is aborted. */
  readonly through?: EpochMinute;
  /** How long after the close of `through` the last question has to be asked, in minutes. */
  readonly settleMinutes: number;
  /** False in minutes in which the symbol's market is closed: then it is not asked about. By default never. */
  readonly isOpen?: (minute: EpochMinute, symbol: MarketSymbol) => boolean;
  /**
   * The most minutes that a live window reaches back, where somebody else fills what is older. Without it the
   * window reaches back to the watermark, however far that is.
   */
  readonly longestWindow?: number;
}

/** From the first pass to the second, in milliseconds. */
const secondPassAfterMs = 4_500;

/** A wake-up this much too late means that the machine slept. */
const sleptMs = 90_000;

/** A symbol that prints more rarely than this is not looked for a second time within its minute. */
const worthASecondLook = 0.02;

/**
 * Polls minute bars of a universe: each minute one pass over all of it, and a second one over what was still
 * missing. Passes may overlap when the service is slow, but a symbol is in one request at a time, which keeps
 * its bars in order.
 */
export class Poller {
  readonly roster = new Roster();
  readonly #options: PollerOptions;
  readonly #asker: Asker;
  readonly #pass: PassOptions;
  readonly #inFlight: Semaphore;
  readonly #end = new AbortController();
  readonly #cycles = new Set<Promise<void>>();
  readonly #ledger: Ledger;
  #shape: PollShape;
  #error: unknown;

  /** @param ledger What earlier runs delivered of the minutes from `from` on. */
  constructor(options: PollerOptions, symbols: Iterable<MarketSymbol>, ledger = new Ledger()) {
    const { source, sink, clock, feed, lookback, through } = options;
    const { roster } = this;
    this.#options = options;
    this.#ledger = ledger;
    this.#shape = options.shape;
    this.#inFlight = new Semaphore(options.shape.concurrency);
    this.#asker = new Asker({ source, ledger, roster, sink, clock, feed, lookback, through });
    this.#pass = { asker: this.#asker, roster, sink, clock, inFlight: this.#inFlight };
    roster.add(symbols, options.from);
  }

  /** Bars that the ledger remembers at present. */
  get remembered(): number {
    return this.#ledger.size;
  }

  /** Poll these too; every minute from the present one on is owed. */
  add(symbols: Iterable<MarketSymbol>): void {
    this.roster.add(symbols, minuteOf(this.#options.clock.now()));
  }

  /** No longer poll these. What is under way for them is still delivered. */
  remove(symbols: Iterable<MarketSymbol>): void {
    this.roster.remove(symbols);
  }

  /** Poll in another shape from the next pass on. What is owed stays with the symbols, so nothing is lost. */
  reshape(shape: PollShape): void {
    this.#shape = shape;
    this.#inFlight.setLimit(shape.concurrency);
    const { batchSize, concurrency } = shape;
    this.#options.sink.notice({ type: 'mode', batchSize, concurrency });
  }

  /**
   * Poll until `through` is delivered and settled, or until `signal` fires (then it resolves too).
   *
   * @throws FleeceError when the keys or the plan are refused, or no symbol is left to ask for.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, this.#end.signal]);
    // Every wait of every request listens to it: many listeners are no leak here.
    setMaxListeners(0, stop);
    const { clock, settleMs, from } = this.#options;
    try {
      if (from <= lastClosed(clock.now())) this.#start(this.#since(stop));
      while (!stop.aborted) {
        const boundary = startOf(addMinutes(minuteOf(clock.now()), 1));
        await sleepUntil(clock, boundary + settleMs, stop);
        const late = clock.now() - boundary - settleMs;
        if (late > sleptMs) this.#options.sink.notice({ type: 'slept', ms: late });
        this.#start(this.#cycle(lastClosed(clock.now()), boundary + msPerMinute, stop));
      }
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      this.#end.abort(new FleeceError('aborted', 'the poller has ended'));
      await Promise.allSettled(this.#cycles);
    }
    if (this.#error !== undefined) throw this.#error as Error;
  }

  #start(cycle: Promise<void>): void {
    const watched = cycle.catch((error: unknown) => {
      if (this.#end.signal.aborted) return;
      this.#error ??= error;
      this.#end.abort(error);
    });
    this.#cycles.add(watched);
    void watched.finally(() => this.#cycles.delete(watched));
  }

  /** The minutes before the start that were asked for by `from`. */
  async #since(signal: AbortSignal): Promise<void> {
    const minute = this.#asker.lastMinute();
    const ready = this.roster.ready().filter((state) => this.#mayBring(state, minute));
    const batches = this.#batches(ready);
    await runPass(this.#pass, { pass: 'since', minute, batches, lane: 'live', signal });
    this.#endIfDone();
  }

  async #cycle(minute: EpochMinute, deadline: EpochMs, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const secondAt = clock.now() + secondPassAfterMs;
    this.#shortenWindows(minute);
    const first = this.#firstPass(minute);
    if (first.length === 0) return;
    await runPass(this.#pass, { pass: 'first', minute, batches: first, lane: 'live', deadline, signal });
    await this.#lookAgain(minute, deadline, signal);
    if (this.#endIfDone()) return;
    await sleepUntil(clock, secondAt, signal);
    const second = this.#secondPass(minute);
    if (second.length > 0) {
      await runPass(this.#pass, { pass: 'second', minute, batches: second, lane: 'live', deadline, signal });
    }
    this.#learnPrintRates(minute);
    this.#endIfDone();
  }

  #firstPass(minute: EpochMinute): MarketSymbol[][] {
    const ready = this.#wanted(this.roster.ready()).filter((state) => this.#mayBring(state, minute));
    const batches = this.#batches(ready);
    if (batches.length <= this.#shape.requestsPerMinute) return batches;
    const oldestFirst = ready.toSorted((a, b) => a.askedThrough - b.askedThrough);
    return this.#batches(oldestFirst).slice(0, this.#shape.requestsPerMinute);
  }

  /** What failed comes first, then what is missing and most likely to appear. */
  #secondPass(minute: EpochMinute): MarketSymbol[][] {
    const missing = this.#wanted(this.roster.ready()).filter(
      (state) => state.lastBar < minute && this.#options.isOpen?.(minute, state.symbol) !== false,
    );
    const failed = missing.filter((state) => state.askedThrough < minute);
    const late = missing
      .filter((state) => state.askedThrough >= minute && state.printRate >= worthASecondLook)
      .sort((a, b) => b.printRate - a.printRate);
    const isFull = this.#batches(failed).length >= this.#shape.requestsPerMinute;
    return this.#batches(isFull ? failed : [...failed, ...late]).slice(0, this.#shape.secondPassRequests);
  }

  /** Ask for each quarantined symbol whose time has come, alone, so that it can cost nobody else. */
  async #lookAgain(minute: EpochMinute, deadline: EpochMs, signal: AbortSignal): Promise<void> {
    const most = Math.max(1, Math.floor(this.#shape.secondPassRequests / 4));
    const batches = this.roster
      .due(this.#options.clock.now())
      .slice(0, most)
      .map((state) => [state.symbol]);
    if (batches.length > 0) {
      await runPass(this.#pass, { pass: 'second', minute, batches, lane: 'repair', deadline, signal });
    }
  }

  #learnPrintRates(minute: EpochMinute): void {
    const memory = 0.9;
    for (const state of this.roster.all()) {
      if (state.askedThrough < minute) continue;
      state.printRate = state.printRate * memory + (state.lastBar >= minute ? 1 - memory : 0);
    }
  }

  #batches(states: readonly SymbolState[]): MarketSymbol[][] {
    return batchesOf(states, this.#shape);
  }

  /** Symbols that are still owed a minute. */
  #wanted(states: readonly SymbolState[]): SymbolState[] {
    const { through } = this.#options;
    return through === undefined ? [...states] : states.filter((state) => !this.#isSettled(state, through));
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

  /** Leave minutes that are older than the longest window to whoever fills gaps. */
  #shortenWindows(minute: EpochMinute): void {
    const { longestWindow } = this.#options;
    if (longestWindow === undefined) return;
    const oldest = addMinutes(minute, 1 - longestWindow);
    for (const state of this.roster.ready()) {
      if (state.openFrom >= oldest) continue;
      state.openFrom = oldest;
      this.#ledger.forget(state.symbol, oldest);
    }
  }

  #endIfDone(): boolean {
    const { through } = this.#options;
    const states = [...this.roster.all()];
    if (states.length > 0 && states.every((state) => state.quarantine)) {
      const why = states[0]?.quarantine?.reason ?? '';
      throw new FleeceError(
        'nothing_to_poll',
        `all ${states.length} symbols were refused; the first because ${why}`,
      );
    }
    if (through === undefined) return false;
    const done = states.every((state) => state.quarantine ?? this.#isSettled(state, through));
    if (done) this.#end.abort(new FleeceError('aborted', messageOf('all minutes are delivered')));
    return done;
  }
}
