import type { BarRow } from '../../market/bar.ts';
import type { EpochMinute } from '../../time/minute.ts';

/** Minutes of which the rows are kept, so that a revision can be taken in. */
const recentMinutes = 10;

/**
 * The day so far of one symbol, from its minute bars: older ones are folded already, recent ones kept apart
 * since they may still be revised.
 */
export class DayFold {
  readonly day: EpochMinute;
  #base: BarRow | undefined;
  /** The last minute that is in the base. */
  #foldedThrough: EpochMinute;
  #recent: BarRow[] = [];

  constructor(day: EpochMinute) {
    this.day = day;
    this.#foldedThrough = (day - 1) as EpochMinute;
  }

  /** Take a minute in. False when it is too old: the day has to be folded anew. */
  add(row: BarRow): boolean {
    if (row.minute <= this.#foldedThrough) return false;
    const at = this.#recent.findIndex(({ minute }) => minute >= row.minute);
    if (at < 0) this.#recent.push(row);
    else if (this.#recent[at]?.minute === row.minute) this.#recent[at] = row;
    else this.#recent.splice(at, 0, row);
    const last = this.#recent.at(-1)?.minute ?? row.minute;
    while (this.#recent.length > 1 && (this.#recent[0] as BarRow).minute <= last - recentMinutes) {
      this.#foldOne(this.#recent.shift() as BarRow);
    }
    return true;
  }

  /** The last minute that is in the day so far. */
  get last(): EpochMinute {
    return this.#recent.at(-1)?.minute ?? this.#foldedThrough;
  }

  /** The day so far, named by the day's first minute; undefined before its first bar. */
  get(): BarRow | undefined {
    let whole = this.#base;
    for (const row of this.#recent) whole = whole ? joined(whole, row) : row;
    return whole ? { ...whole, minute: this.day } : undefined;
  }

  /** Nothing through `minute` is added or revised any more: what was added may have been longer bars. */
  foldThrough(minute: EpochMinute): void {
    for (const row of this.#recent) this.#foldOne(row);
    this.#recent = [];
    this.#foldedThrough = minute;
  }

  #foldOne(row: BarRow): void {
    this.#base = this.#base ? joined(this.#base, row) : row;
    this.#foldedThrough = row.minute;
  }
}

/** Two neighbours in time as one bar. */
function joined(a: BarRow, b: BarRow): BarRow {
  const v = a.v + b.v;
  return {
    minute: a.minute,
    o: a.o,
    h: Math.max(a.h, b.h),
    l: Math.min(a.l, b.l),
    c: b.c,
    v,
    n: a.n + b.n,
    vw: v > 0 ? (a.vw * a.v + b.vw * b.v) / v : b.vw,
  };
}
