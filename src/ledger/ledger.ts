import { type Bar, type BarRow, sameValues, toBar } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';

interface Entry {
  readonly row: BarRow;
  readonly version: number;
}

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
  readonly #entries = new Map<MarketSymbol, readonly Entry[]>();

  /**
   * Enter one symbol's rows, in order of time. Returns what is to be delivered, in the same order.
   */
  enter(symbol: MarketSymbol, rows: readonly BarRow[], context: RowContext): readonly Bar[] {
    const known = this.#entries.get(symbol) ?? none;
    let bars: Bar[] | undefined;
    let merged: Entry[] | undefined;
    let at = 0;
    for (const row of rows) {
      if (row.minute < context.openFrom || row.minute > context.closedThrough) continue;
      for (; at < known.length && minuteAt(known, at) < row.minute; at++) merged?.push(known[at] as Entry);
      const old = at < known.length && minuteAt(known, at) === row.minute ? known[at] : undefined;
      // Nearly every row says what was said before: that costs no object.
      if (old && sameValues(old.row, row)) {
        merged?.push(old);
        at += 1;
        continue;
      }
      merged ??= known.slice(0, at);
      bars ??= [];
      if (old) at += 1;
      const version = (old?.version ?? 0) + 1;
      merged.push({ row, version });
      bars.push(toBar(symbol, row, { feed: context.feed, receivedAt: context.receivedAt, version }));
    }
    if (!bars || !merged) return none;
    for (; at < known.length; at++) merged.push(known[at] as Entry);
    this.#entries.set(symbol, merged);
    return bars;
  }

  /** Take over bars that were delivered in an earlier run, each symbol's in order of time. */
  seed(bars: Iterable<Bar>): void {
    const bySymbol = new Map<MarketSymbol, Entry[]>();
    for (const bar of bars) {
      const entries = bySymbol.get(bar.symbol) ?? [];
      entries.push({ row: bar, version: bar.version });
      bySymbol.set(bar.symbol, entries);
    }
    for (const [symbol, entries] of bySymbol) this.#entries.set(symbol, entries);
  }

  /** The newest values of a minute, if they are still remembered. */
  get(symbol: MarketSymbol, minute: EpochMinute): BarRow | undefined {
    return this.#entries.get(symbol)?.find((entry) => entry.row.minute === minute)?.row;
  }

  /** True when the minute was delivered and is still remembered. */
  has(symbol: MarketSymbol, minute: EpochMinute): boolean {
    return this.get(symbol, minute) !== undefined;
  }

  /** Drop the minutes of `symbol` before `minute`: they will not be asked for again. */
  forget(symbol: MarketSymbol, minute: EpochMinute): void {
    const entries = this.#entries.get(symbol);
    if (!entries || minuteAt(entries, 0) >= minute) return;
    const kept = entries.filter((entry) => entry.row.minute >= minute);
    if (kept.length === 0) this.#entries.delete(symbol);
    else if (kept.length < entries.length) this.#entries.set(symbol, kept);
  }

  /** Bars that are remembered at present. */
  get size(): number {
    let sum = 0;
    for (const entries of this.#entries.values()) sum += entries.length;
    return sum;
  }
}

function minuteAt(entries: readonly Entry[], at: number): EpochMinute {
  return (entries[at] as Entry).row.minute;
}
