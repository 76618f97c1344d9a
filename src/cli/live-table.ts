import Table from 'cli-table3';
import type { StreamEvent, StreamEventOf } from '../app/bar-stream.ts';
import { type Summary, seconds } from '../app/summary.ts';
import type { Bar } from '../market/bar.ts';
import type { Plan } from '../plan/plan.ts';
import { systemClock } from '../time/affine-clock.ts';
import type { Clock, EpochMs } from '../time/clock.ts';
import { type EpochMinute, toIsoMinute } from '../time/minute.ts';

interface Terminal {
  readonly isTTY?: boolean;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Real time between two drawings at least, in milliseconds. */
const redrawMs = 200;
const rowsAtMost = 15;
const minuteWindowMs = 60_000;

/** A live table of a stream: the minute's progress, the budget, lateness, and the latest bars. */
export class LiveTable {
  readonly #out: Terminal;
  readonly #clock: Clock;
  readonly #summary: Summary;
  readonly #latest = new Map<string, Bar>();
  readonly #requestTimes: EpochMs[] = [];
  #minute: EpochMinute | undefined;
  #barsOfMinute = 0;
  #pass: StreamEventOf<'pass'> | undefined;
  #plan: Plan | undefined;
  #lines = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #requestsSeen = 0;

  constructor(out: Terminal, clock: Clock, summary: Summary) {
    this.#out = out;
    this.#clock = clock;
    this.#summary = summary;
  }

  /** Take in some events and draw, unless that was done a moment ago. */
  show(batch: readonly StreamEvent[], plan: Plan | undefined): void {
    this.#plan = plan;
    for (const event of batch) {
      if (event.type === 'bar' || event.type === 'revision') this.#bar(event);
      else if (event.type === 'pass') this.#pass = event;
    }
    this.#countRequests();
    const now = systemClock.now();
    if (now - this.#drawnAt < redrawMs) return;
    this.#drawnAt = now;
    this.#draw();
  }

  /** Print a line of the log above the table. */
  note(line: string): void {
    this.#erase();
    this.#out.write(line);
    if (this.#plan) this.#draw();
  }

  /** Draw a last time and leave the table standing. */
  end(): void {
    if (this.#plan) this.#draw();
    this.#lines = 0;
    this.#plan = undefined;
  }

  #bar(bar: Bar): void {
    if (this.#minute === undefined || bar.minute > this.#minute) {
      this.#minute = bar.minute;
      this.#barsOfMinute = 0;
    }
    if (bar.type === 'bar' && bar.minute === this.#minute) this.#barsOfMinute += 1;
    this.#latest.delete(bar.symbol);
    this.#latest.set(bar.symbol, bar);
  }

  #countRequests(): void {
    const now = this.#clock.now();
    for (; this.#requestsSeen < this.#summary.requests; this.#requestsSeen++) this.#requestTimes.push(now);
    while ((this.#requestTimes[0] ?? now) < now - minuteWindowMs) this.#requestTimes.shift();
  }

  #draw(): void {
    const text = `${this.#header()}\n${this.#bars()}\n`;
    this.#erase();
    this.#out.write(text);
    this.#lines = text.split('\n').length - 1;
  }

  #erase(): void {
    if (this.#lines === 0) return;
    // Without a terminal there is no cursor to move: the tables follow one another.
    if (this.#out.isTTY) this.#out.write(`\u001B[${this.#lines}A\u001B[0J`);
    this.#lines = 0;
  }

  #header(): string {
    const plan = this.#plan;
    const { lateness, bars, revisions, refused, quarantined } = this.#summary;
    const minute =
      this.#minute === undefined
        ? 'waiting for the first minute to close'
        : `minute ${toIsoMinute(this.#minute)}`;
    const pass = this.#pass;
    return [
      `${minute}  ${bar(this.#barsOfMinute, plan?.symbols ?? 0)} ${this.#barsOfMinute} of ${plan?.symbols ?? 0} symbols have a bar`,
      `requests ${this.#requestTimes.length} of ${plan?.budgetPerMinute ?? 0} in the last minute, ${refused} 429s; ` +
        `slowest batch ${seconds(pass?.slowestBatchMs)}`,
      `${bars} bars, ${revisions} revisions; lateness p50 ${seconds(lateness.quantile(0.5))} p99 ${seconds(lateness.quantile(0.99))}`,
      quarantined.size > 0
        ? `quarantined: ${[...quarantined.keys()].slice(0, 8).join(' ')}${quarantined.size > 8 ? ` and ${quarantined.size - 8} more` : ''}`
        : 'nothing quarantined',
    ].join('\n');
  }

  #bars(): string {
    const table = new Table({
      head: ['symbol', 'minute (UTC)', 'open', 'high', 'low', 'close', 'volume', 'trades', 'VWAP', ''],
      colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
      style: { head: [], border: [] },
      chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    });
    const room = Math.max(1, Math.min(rowsAtMost, (this.#out.rows ?? 24) - 9));
    for (const { symbol, minute, o, h, l, c, v, n, vw, type } of [...this.#latest.values()]
      .slice(-room)
      .reverse()) {
      const mark = type === 'revision' ? 'revised' : '';
      table.push([symbol, toIsoMinute(minute).slice(11, 16), o, h, l, c, v, n, vw.toFixed(4), mark]);
    }
    return table.toString();
  }
}

const barWidth = 30;

function bar(part: number, whole: number): string {
  const full = whole > 0 ? Math.min(barWidth, Math.round((part / whole) * barWidth)) : 0;
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
}
