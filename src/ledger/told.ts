import type { BarRow } from '../market/bar.ts';
import type { EpochMinute } from '../time/minute.ts';

/** Numbers that a minute takes: its name, its version, and the seven values of its bar. */
const width = 9;

/** Minutes that there is room for at least: a window of the usual lookback, and the minute that leaves it. */
const leastRoom = 8;

/**
 * The minutes of one symbol that were told, in order of time, as plain numbers in one array. Minutes come and
 * go all day, and as objects they would be most of what the garbage collector has to move. The array is none of the
 * typed ones, which are four objects each, and there is one for each symbol.
 */
export class Told {
  #cells = roomFor(leastRoom);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The first place from `place` on that holds `minute` or a later one. */
  seek(minute: EpochMinute, place = 0): number {
    let found = place;
    while (found < this.#length && (this.#cells[found * width] as number) < minute) found += 1;
    return found;
  }

  /** True when `place` holds `minute`. */
  isAt(place: number, minute: EpochMinute): boolean {
    return place < this.#length && this.#cells[place * width] === minute;
  }

  version(place: number): number {
    return this.#cells[place * width + 1] as number;
  }

  /** True when the values at `place` are those of `row`. */
  isSame(place: number, row: BarRow): boolean {
    const cells = this.#cells;
    const at = place * width;
    return (
      cells[at + 5] === row.c &&
      cells[at + 6] === row.v &&
      cells[at + 3] === row.h &&
      cells[at + 4] === row.l &&
      cells[at + 2] === row.o &&
      cells[at + 7] === row.n &&
      cells[at + 8] === row.vw
    );
  }

  row(place: number): BarRow {
    const [minute, , o, h, l, c, v, n, vw] = this.#cells.slice(place * width, (place + 1) * width);
    return { minute, o, h, l, c, v, n, vw } as BarRow;
  }

  /** Put `row` in the stead of what `place` holds. */
  replace(place: number, row: BarRow, version: number): void {
    const cells = this.#cells;
    const at = place * width;
    cells[at] = row.minute;
    cells[at + 1] = version;
    cells[at + 2] = row.o;
    cells[at + 3] = row.h;
    cells[at + 4] = row.l;
    cells[at + 5] = row.c;
    cells[at + 6] = row.v;
    cells[at + 7] = row.n;
    cells[at + 8] = row.vw;
  }

  /** Put `row` before what `place` holds. */
  insert(place: number, row: BarRow, version: number): void {
    if (this.#length === this.#room) this.#resize(this.#room * 2);
    const cells = this.#cells;
    // By hand, here and in `drop`: of an array that is not typed, `copyWithin` takes twenty times as long.
    for (let at = this.#length * width - 1; at >= place * width; at--)
      cells[at + width] = cells[at] as number;
    this.#length += 1;
    this.replace(place, row, version);
  }

  /** Drop the minutes before `minute`. */
  drop(minute: EpochMinute): void {
    const dropped = this.seek(minute);
    if (dropped === 0) return;
    const cells = this.#cells;
    this.#length -= dropped;
    for (let at = 0; at < this.#length * width; at++) cells[at] = cells[at + dropped * width] as number;
    // A long window, after an outage or at the start, is no reason to keep its room for ever.
    if (this.#room > leastRoom && this.#length * 4 <= this.#room) this.#resize(this.#room / 2);
  }

  get #room(): number {
    return this.#cells.length / width;
  }

  #resize(room: number): void {
    const cells = roomFor(room);
    for (let at = 0; at < this.#length * width; at++) cells[at] = this.#cells[at] as number;
    this.#cells = cells;
  }
}

/** Of doubles from the start: an array of whole numbers would be made anew for the first price. */
function roomFor(minutes: number): number[] {
  return Array.from({ length: minutes * width }, () => 0.5);
}
