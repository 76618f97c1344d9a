import {
  type CellState,
  cellStates,
  type CoverageHeader,
  healedBit,
  stateMask,
} from '../../../src/gateway/dashboard/contract.ts';
import type { CoverageReply } from '../api/daemon.ts';

export type RowOrder = 'worst' | 'symbol' | 'quiet';

/** Cells by state, and those asked of the consolidated tape among them. */
export type StateCounts = Readonly<Record<CellState | 'healed', number>>;

/** Columns of the count table: one for each state, then one for healed cells. */
const width = cellStates.length + 1;
const healedColumn = cellStates.length;

/** One day: the state of each minute of each symbol, kept current by the columns that change. */
export class CoverageMap {
  header: CoverageHeader;
  readonly symbols: readonly string[];
  readonly minutes: number;
  /** Grows with each change, so that a view knows when to draw. */
  revision = 0;
  readonly #cells: Uint8Array;
  readonly #counts: Uint32Array;
  readonly #totals: number[] = Array.from({ length: width }, () => 0);

  /** @param reply A whole answer: with symbols and all cells. */
  constructor({ header, cells }: CoverageReply) {
    this.header = header;
    this.symbols = header.symbols ?? [];
    this.minutes = Math.max(0, header.to - header.from);
    this.#cells = cells;
    this.#counts = new Uint32Array(this.symbols.length * width);
    for (let row = 0, at = 0; row < this.symbols.length; row++)
      for (let minute = 0; minute < this.minutes; minute++, at++) this.#add(row, cells[at] ?? 0, 1);
  }

  /** Enter the columns that have changed. */
  apply({ header, cells }: CoverageReply): void {
    this.header = header;
    const rows = this.symbols.length;
    for (const [place, column] of (header.columns ?? []).entries()) {
      for (let row = 0; row < rows; row++) {
        const at = row * this.minutes + column;
        const [before, after] = [this.#cells[at] ?? 0, cells[place * rows + row] ?? 0];
        if (before === after) continue;
        this.#add(row, before, -1);
        this.#add(row, after, 1);
        this.#cells[at] = after;
      }
    }
    this.revision += 1;
  }

  /** The cells of one symbol, one a minute. Not to be changed. */
  row(index: number): Uint8Array {
    return this.#cells.subarray(index * this.minutes, (index + 1) * this.minutes);
  }

  /** The columns that hold anything, [from, to), judged by some of the rows; empty on a day without any. */
  extent(): { readonly from: number; readonly to: number } {
    let first = this.minutes;
    let last = -1;
    for (let row = 0; row < this.symbols.length; row += 1 + Math.floor(this.symbols.length / 50)) {
      const cells = this.row(row);
      const begin = cells.findIndex((cell) => cell !== 0);
      if (begin < 0) continue;
      first = Math.min(first, begin);
      last = Math.max(
        last,
        cells.findLastIndex((cell) => cell !== 0),
      );
    }
    return last < first ? { from: 0, to: 0 } : { from: first, to: last + 1 };
  }

  rowOf(symbol: string): number {
    return this.symbols.indexOf(symbol);
  }

  stateAt(row: number, column: number): { readonly state: CellState; readonly healed: boolean } {
    const cell = this.#cells[row * this.minutes + column] ?? 0;
    return { state: cellStates[cell & stateMask] ?? 'none', healed: (cell & healedBit) !== 0 };
  }

  totals(): StateCounts {
    return toCounts((column) => this.#totals[column] ?? 0);
  }

  counts(row: number): StateCounts {
    return toCounts((column) => this.#counts[row * width + column] ?? 0);
  }

  /** Rows whose symbol starts with or contains the search, in the wanted order. */
  order(by: RowOrder, search: string): Uint32Array {
    const wanted = search.trim().toUpperCase();
    const rows: number[] = [];
    for (const [row, symbol] of this.symbols.entries()) if (symbol.includes(wanted)) rows.push(row);
    const name = (a: number, b: number) => ((this.symbols[a] ?? '') < (this.symbols[b] ?? '') ? -1 : 1);
    if (by === 'symbol') rows.sort(name);
    else {
      const keys = new Float64Array(this.symbols.length);
      for (const row of rows) keys[row] = by === 'worst' ? this.#badness(row) : this.#count(row, 'quiet');
      rows.sort((a, b) => (keys[b] ?? 0) - (keys[a] ?? 0) || name(a, b));
    }
    return Uint32Array.from(rows);
  }

  /** Missing weighs most. Pending does not count: it changes each minute, and rows would jump about. */
  #badness(row: number): number {
    return this.#count(row, 'missing') * 1e5 + this.#count(row, 'quarantined');
  }

  #count(row: number, state: CellState): number {
    return this.#counts[row * width + cellStates.indexOf(state)] ?? 0;
  }

  #add(row: number, cell: number, by: 1 | -1): void {
    this.#bump(row, cell & stateMask, by);
    if (cell & healedBit) this.#bump(row, healedColumn, by);
  }

  #bump(row: number, column: number, by: 1 | -1): void {
    const at = row * width + column;
    this.#counts[at] = (this.#counts[at] ?? 0) + by;
    this.#totals[column] = (this.#totals[column] ?? 0) + by;
  }
}

function toCounts(of: (column: number) => number): StateCounts {
  const [none, bar, quiet, pending, missing, quarantined, healed] = Array.from({ length: width }, (_, at) =>
    of(at),
  );
  return {
    none: none ?? 0,
    bar: bar ?? 0,
    quiet: quiet ?? 0,
    pending: pending ?? 0,
    missing: missing ?? 0,
    quarantined: quarantined ?? 0,
    healed: healed ?? 0,
  };
}
