import { healedBit, stateMask } from '../../gateway/dashboard/contract.ts';
import { type MinuteState, minuteStates, stateRow } from '../../ledger/account-state.ts';
import { covers, type Stretch } from '../../ledger/account-stretch.ts';
import type { Feed } from '../../market/feed.ts';
import { isCryptoPair, type MarketSymbol } from '../../market/symbol.ts';
import { addMinutes, type EpochMinute, lastClosed, minuteOf } from '../../time/minute.ts';
import type { MapSession } from './dashboard-session.ts';
import type { Service } from './service.ts';

const code = (state: MinuteState) => minuteStates.indexOf(state);
const missing = code('missing');
const quiet = code('quiet');
const pending = code('pending');
const quarantined = code('quarantined');
const bar = code('bar');

/** Minutes that may have left live polling without being in the account yet. */
const commitMinutes = 2;

/** Rows between two breaths, so that polling is never held up by a large map. */
const rowsAtOnce = 100;

/** The map of one date: the state of each minute of each symbol, and when each column changed last. */
export class CoverageDay {
  readonly session: MapSession;
  readonly symbols: readonly MarketSymbol[];
  readonly minutes: number;
  /** By symbol and then by minute. */
  readonly cells: Uint8Array;
  /** Grows with each computation that changed something. */
  revision = 0;
  /** The revision in which each column changed last. */
  readonly changedAt: Uint32Array;
  readonly #service: Service;
  readonly #places: ReadonlyMap<MarketSymbol, number>;
  readonly #marks: Uint8Array;

  constructor(service: Service, session: MapSession, symbols: readonly MarketSymbol[]) {
    this.#service = service;
    this.session = session;
    this.symbols = symbols;
    this.minutes = session.to - session.from;
    this.cells = new Uint8Array(symbols.length * this.minutes);
    this.#marks = new Uint8Array(symbols.length * this.minutes);
    this.changedAt = new Uint32Array(this.minutes);
    this.#places = new Map(symbols.map((symbol, place) => [symbol, place]));
  }

  /** Enter that there is a bar. Returns its column, or undefined when it lies outside. */
  mark(symbol: MarketSymbol, minute: EpochMinute): number | undefined {
    const row = this.#places.get(symbol);
    const column = minute - this.session.from;
    if (row === undefined || column < 0 || column >= this.minutes) return undefined;
    this.#marks[row * this.minutes + column] = 1;
    return column;
  }

  /** Read from the store where bars are, in the columns [from, to). */
  async readMarks(from: number, to: number): Promise<void> {
    const start = (this.session.from + from) as EpochMinute;
    const window = { from: start, to: (this.session.from + to) as EpochMinute };
    for (const [symbol, marks] of await this.#service.store.marks(window)) {
      const row = this.#places.get(symbol);
      if (row === undefined) continue;
      for (let at = 0; at < marks.length; at++)
        if (marks[at] === 1) this.#marks[row * this.minutes + from + at] = 1;
    }
  }

  /** Work out the columns [from, to) anew. Bars that came in unseen, by a backfill, are read from the store. */
  async compute(from: number, to: number): Promise<void> {
    this.revision += 1;
    const filled = await this.#computeRows(from, to);
    if (!filled) return;
    await this.readMarks(filled.from, filled.to);
    await this.#computeRows(filled.from, filled.to);
  }

  /** Returns the columns in which a missing minute was found to be asked by now. */
  async #computeRows(from: number, to: number): Promise<{ from: number; to: number } | undefined> {
    let [first, last] = [to, from - 1];
    for (let row = 0; row < this.symbols.length; row++) {
      const fresh = this.#row(row, from, to);
      for (let at = 0; at < fresh.length; at++) {
        const place = row * this.minutes + from + at;
        const [before, after] = [this.cells[place] ?? 0, fresh[at] ?? 0];
        if (before === after) continue;
        if ((before & stateMask) === missing && (after & stateMask) === quiet) {
          first = Math.min(first, from + at);
          last = Math.max(last, from + at);
        }
        this.cells[place] = after;
        this.changedAt[from + at] = this.revision;
      }
      if (row % rowsAtOnce === rowsAtOnce - 1) await breath();
    }
    return last >= first ? { from: first, to: last + 1 } : undefined;
  }

  #row(row: number, from: number, to: number): Uint8Array {
    const symbol = this.symbols[row] as MarketSymbol;
    const { engine, store, settings, clock } = this.#service;
    const { account } = store.memory;
    const state = engine.poller.roster.get(symbol);
    const start = (this.session.from + from) as EpochMinute;
    const window = { from: start, to: (this.session.from + to) as EpochMinute };
    const quarantine = state?.quarantine;
    const closedThrough = lastClosed(clock.now());
    const marks = this.#marks.subarray(row * this.minutes + from, row * this.minutes + to);
    const cells = stateRow(account, symbol, window, marks, {
      closedThrough,
      // The account lags behind the watermark by what is being committed.
      liveFrom: addMinutes(state?.openFrom ?? closedThrough, -commitMinutes),
      quarantinedSince: () => (quarantine ? minuteOf(quarantine.since) : undefined),
    });
    const own: Feed = isCryptoPair(symbol) ? 'crypto' : settings.feed;
    const coverage = account.coverage(symbol, own);
    const watched = store.memory.watchedSince.get(symbol) ?? coverage[0]?.from ?? state?.openFrom;
    const owedFrom = Math.min(watched ?? closedThrough, this.#since());
    const healed: readonly Stretch[] = own === 'iex' ? account.coverage(symbol, 'sip') : [];
    for (let at = 0; at < cells.length; at++) {
      const minute = (start + at) as EpochMinute;
      // Nobody owes the minutes before the symbol was first watched.
      if (cells[at] === missing && minute < owedFrom) cells[at] = 0;
      else if (quarantine && cells[at] === pending) cells[at] = quarantined;
      else if (healed.length > 0 && (cells[at] === bar || cells[at] === quiet) && covers(healed, minute))
        cells[at] = (cells[at] ?? 0) | healedBit;
    }
    return cells;
  }

  #since(): number {
    const { since } = this.#service.settings;
    return since === undefined ? Number.POSITIVE_INFINITY : minuteOf(since);
  }
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
