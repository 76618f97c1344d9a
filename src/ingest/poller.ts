import { setMaxListeners } from 'node:events';
import { Semaphore } from '../async/semaphore.ts';
import { FleeceError } from '../errors.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { BarSource } from '../market/bar-source.ts';
import type { StockFeed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import { type Clock, type EpochMs, sleepUntil } from '../time/clock.ts';
import { addMinutes, type EpochMinute, lastClosed, minuteOf, msPerMinute, startOf } from '../time/minute.ts';
import { Asker } from './asker.ts';
import type { IngestSink } from './events.ts';
import { type PassOptions, runPass } from './pass.ts';
import { Punctuality } from './punctuality.ts';
import { Roster } from './roster.ts';
import { type PollShape, type TurnOptions, Turns } from './turns.ts';

export interface PollerOptions extends Omit<TurnOptions, 'roster'> {
  readonly source: BarSource;
  readonly sink: IngestSink;
  readonly clock: Clock;
  readonly feed: StockFeed;
  readonly shape: PollShape;
  /** From the end of a minute to its first pass, in milliseconds. */
  readonly settleMs: number;
  /** The first minute that is owed; earlier ones than the present are asked for at once. */
  readonly from: EpochMinute;
  /**
   * The most minutes that a live window reaches back, where somebody else fills what is older. Without it the
   * window reaches back to the watermark, however far that is.
   */
  readonly longestWindow?: number;
}

/** A look at what a minute is still missing. */
interface Look {
  /** From the first pass, in milliseconds. */
  readonly afterMs: number;
  /** What it may take of the requests that are left for second looks. */
  readonly share: number;
}

const lastLook: Look = { afterMs: 4_500, share: 1 };

/** Where many bars come late. The last look needs some requests too. */
const earlyLook: Look = { afterMs: 1_500, share: 0.75 };

/** A wake-up this much too early means that the clock was set back. */
const setBackMs = 5_000;

/** A wake-up this much too late means that the machine slept. */
const sleptMs = 90_000;

/**
 * Polls minute bars of a universe: each minute one pass over all of it, and a second one over what was still
 * missing; a service that turns out to be late is looked at again sooner, or asked later. Passes may overlap when
 * the service is slow, but a symbol is in one request at a time, which keeps its bars in order.
 */
export class Poller {
  readonly roster = new Roster();
  readonly #options: PollerOptions;
  readonly #asker: Asker;
  readonly #pass: PassOptions;
  readonly #inFlight: Semaphore;
  readonly #turns: Turns;
  readonly #punctuality = new Punctuality();
  readonly #end = new AbortController();
  readonly #cycles = new Set<Promise<void>>();
  readonly #ledger: Ledger;
  #shape: PollShape;
  #isAside = false;
  #error: unknown;

  /** @param ledger What earlier runs delivered of the minutes from `from` on. */
  constructor(options: PollerOptions, symbols: Iterable<MarketSymbol>, ledger = new Ledger()) {
    const { source, sink, clock, feed, lookback, through } = options;
    const { roster } = this;
    this.#options = options;
    this.#ledger = ledger;
    this.#shape = options.shape;
    this.#inFlight = new Semaphore(options.shape.concurrency);
    const punctuality = this.#punctuality;
    this.#asker = new Asker({ source, ledger, roster, punctuality, sink, clock, feed, lookback, through });
    this.#pass = { asker: this.#asker, roster, sink, clock, inFlight: this.#inFlight };
    this.#turns = new Turns({ ...options, roster });
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

  /** No longer poll these. What is under way for them is dropped. */
  remove(symbols: Iterable<MarketSymbol>): void {
    const to = this.#asker.lastMinute();
    for (const symbol of symbols) {
      const from = this.roster.get(symbol)?.gapFrom;
      this.roster.remove([symbol]);
      this.#ledger.forget(symbol, Number.POSITIVE_INFINITY as EpochMinute);
      if (from === undefined) continue;
      const reason = 'no longer polled';
      this.#options.sink.notice({ type: 'gap', state: 'closed', symbols: [symbol], from, to, reason });
    }
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
        await clock.sleep(boundary + settleMs - clock.now(), stop);
        // A clock that was set back meanwhile has another next minute.
        if (clock.now() < boundary + settleMs - setBackMs) continue;
        const due = boundary + settleMs + this.#punctuality.extraMs;
        await sleepUntil(clock, due, stop);
        const late = clock.now() - due;
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
    const batches = this.#turns.first(minute, {
      ...this.#shape,
      requestsPerMinute: Number.POSITIVE_INFINITY,
    });
    await runPass(this.#pass, { pass: 'since', minute, batches, lane: 'live', signal });
    this.#endIfDone();
  }

  async #cycle(minute: EpochMinute, deadline: EpochMs, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const startedAt = clock.now();
    const common = { minute, lane: 'live', deadline, signal } as const;
    this.#shortenWindows(minute);
    const batches = this.#turns.first(minute, this.#shape);
    if (batches.length > 0) await runPass(this.#pass, { ...common, pass: 'first', batches });
    this.#askAside(minute, signal);
    if (batches.length === 0 || this.#endIfDone()) return;
    let left = this.#shape.secondPassRequests;
    const coversAll = left >= batches.length;
    const looks = coversAll && this.#punctuality.isLate ? [earlyLook, lastLook] : [lastLook];
    for (const { afterMs, share } of looks) {
      await sleepUntil(clock, startedAt + afterMs, signal);
      const missing = this.#turns.second(minute, this.#shape, Math.ceil(left * share));
      left -= missing.length;
      if (missing.length > 0) await runPass(this.#pass, { ...common, pass: 'second', batches: missing });
    }
    this.#turns.learn(minute);
    this.#learn(minute, coversAll);
    this.#endIfDone();
  }

  #learn(minute: EpochMinute, coversAll: boolean): void {
    const share = this.#punctuality.learn(minute, coversAll);
    if (share === undefined) return;
    const settleMs = this.#options.settleMs + this.#punctuality.extraMs;
    this.#options.sink.notice({ type: 'settle', settleMs, late: share });
  }

  /**
   * Look again at quarantined symbols, and find out about doubtful names, beside the cycles: one request at a
   * time, however long the lower lane waits. A live poll waits neither for them nor for their place in flight.
   */
  #askAside(minute: EpochMinute, signal: AbortSignal): void {
    if (this.#isAside) return;
    const due = this.#turns.due(minute, this.#options.clock.now(), this.#shape);
    const batches = [...due, ...this.#turns.doubtful(minute, this.#shape)];
    if (batches.length === 0) return;
    this.#isAside = true;
    const options = { ...this.#pass, inFlight: new Semaphore(1) };
    const asked = runPass(options, { pass: 'second', minute, batches, lane: 'repair', signal });
    this.#start(
      asked
        .then(() => {
          // Whatever came of it, from now on they are symbols like the others.
          for (const symbol of batches.flat()) this.roster.trust(symbol);
          this.#endIfDone();
        })
        .finally(() => {
          this.#isAside = false;
        }),
    );
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
    const states = [...this.roster.all()];
    if (states.length > 0 && states.every((state) => state.quarantine)) {
      const now = this.#options.clock.now();
      // One whose time has come is about to be looked at: it may be well again.
      if (states.some(({ quarantine }) => quarantine && quarantine.until <= now)) return false;
      const why = states[0]?.quarantine?.reason ?? '';
      throw new FleeceError(
        'nothing_to_poll',
        `all ${states.length} symbols were refused; the first because ${why}`,
      );
    }
    const done = this.#turns.isDone();
    if (done) this.#end.abort(new FleeceError('aborted', 'all minutes are delivered'));
    return done;
  }
}
