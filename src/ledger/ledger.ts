import { type Bar, type BarRow, toBar } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';
import { Told } from './told.ts';

const none: readonly never[] = [];

/** What is true of all rows of one answer for one symbol. */
export interface RowContext {
  readonly feed: Feed;
  readonly receivedAt: EpochMs;
  /** The first minute that may still be delivered or revised; rows before it are settled and left alone. */
  readonly openFrom: EpochMinute;
  /** The last minute that was over when the answer was asked for; rows after it are still forming. */
  readonly closedThrough: EpochMinute;
}

/**
 * What was delivered, per symbol and minute: it makes every row that the service shows new, revised or
 * unchanged, so that a bar is delivered once and each later difference as a revision.
 *
 * It remembers only minutes that may be asked for again; `forget` drops the others.
 */
export class Ledger {
  readonly #told = new Map<MarketSymbol, Told>();

  /**
   * Enter one symbol's rows, in order of time. Returns what is to be delivered, in the same order.
   */
  enter(symbol: MarketSymbol, rows: readonly BarRow[], context: RowContext): readonly Bar[] {
    const { feed, receivedAt, openFrom, closedThrough } = context;
    const told = this.#of(symbol);
    let bars: Bar[] | undefined;
    let place = 0;
    for (const row of rows) {
      const { minute } = row;
      if (minute < openFrom || minute > closedThrough) continue;
      place = told.seek(minute, place);
      let version = 1;
      if (told.isAt(place, minute)) {
        // Nearly every row says what was said before: that costs no object.
        if (told.isSame(place, row)) continue;
        version += told.version(place);
        told.replace(place, row, version);
      } else {
        told.insert(place, row, version);
      }
      bars ??= [];
      bars.push(toBar(symbol, row, { feed, receivedAt, version }));
    }
    return bars ?? none;
  }

  /** Take over bars that were delivered in an earlier run, each symbol's in order of time. */
  seed(bars: Iterable<Bar>): void {
    for (const bar of bars) {
      const told = this.#of(bar.symbol);
      told.insert(told.length, bar, bar.version);
    }
  }

  /** The newest values of a minute, if they are still remembered. */
  get(symbol: MarketSymbol, minute: EpochMinute): BarRow | undefined {
    const told = this.#told.get(symbol);
    const place = told?.seek(minute) ?? 0;
    return told?.isAt(place, minute) ? told.row(place) : undefined;
  }

  /** True when the minute was delivered and is still remembered. */
  has(symbol: MarketSymbol, minute: EpochMinute): boolean {
    return this.get(symbol, minute) !== undefined;
  }

  /** Drop the minutes of `symbol` before `minute`: they will not be asked for again. */
  forget(symbol: MarketSymbol, minute: EpochMinute): void {
    const told = this.#told.get(symbol);
    told?.drop(minute);
    if (told?.length === 0) this.#told.delete(symbol);
  }

  /** Bars that are remembered at present. */
  get size(): number {
    let sum = 0;
    for (const { length } of this.#told.values()) sum += length;
    return sum;
  }

  #of(symbol: MarketSymbol): Told {
    let told = this.#told.get(symbol);
    if (!told) {
      told = new Told();
      this.#told.set(symbol, told);
    }
    return told;
  }
}
