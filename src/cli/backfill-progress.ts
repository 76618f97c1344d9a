import type { Writable } from 'node:stream';
import type { BackfillProgress } from '../app/commands/backfill.ts';
import type { Clock } from '../time/clock.ts';

export interface ProgressOptions {
  readonly out: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly clock: Clock;
  /** Requests sent so far. */
  readonly requests: () => number;
}

const barWidth = 20;
/** Without a terminal, a line for each so much of the work. */
const lineEvery = 0.1;
const redrawEveryMs = 200;

/** How far a backfill is: one line that is drawn again on a terminal, plain lines otherwise. */
export class ProgressLine {
  readonly #options: ProgressOptions;
  readonly #startedAt: number;
  #next = lineEvery;
  #drawnAt = 0;
  #isDrawn = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  show(progress: BackfillProgress): void {
    const { out, clock } = this.#options;
    const now = clock.now();
    if (out.isTTY !== true) {
      if (progress.share < this.#next) return;
      this.#next = (Math.floor(progress.share / lineEvery) + 1) * lineEvery;
      out.write(`${this.#text(progress, now)}\n`);
      return;
    }
    if (now - this.#drawnAt < redrawEveryMs && progress.share < 1) return;
    this.#drawnAt = now;
    this.#isDrawn = true;
    const done = Math.round(progress.share * barWidth);
    const bar = `[${'#'.repeat(done)}${'.'.repeat(barWidth - done)}] ${this.#text(progress, now)}`;
    out.write(`\r\u001B[K${bar.slice(0, (out.columns ?? 80) - 1)}`);
  }

  /** A line of the log: it takes the place of the progress line, which is drawn again below it. */
  note(line: string): void {
    this.end();
    this.#options.out.write(line);
  }

  /** Leave an empty line in place of a drawn one. */
  end(): void {
    if (this.#isDrawn) this.#options.out.write('\r\u001B[K');
    this.#isDrawn = false;
  }

  #text({ share, bars }: BackfillProgress, now: number): string {
    const percent = `${Math.floor(share * 100)} %`;
    const told = `${percent}, ${bars} bars, ${this.#options.requests()} requests`;
    const passed = now - this.#startedAt;
    return share > 0 && share < 1 ? `${told}, about ${span((passed / share) * (1 - share))} left` : told;
  }
}

/** A length of time for a person. */
export function span(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
