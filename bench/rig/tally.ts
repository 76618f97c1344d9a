import type { StreamEvent } from '../../src/app/bar-stream.ts';
import type { EpochMinute } from '../../src/time/minute.ts';
import { cpuMs, peakMb } from './child.ts';
import type { PassMark } from './fleece.ts';
import type { ClockText } from './virtual-clock.ts';

/** Counts what a process of Fleece delivers, and takes a mark at the end of each pass. */
export class Tally {
  readonly marks: PassMark[] = [];
  readonly #firstMinute: EpochMinute;
  readonly #bars: number[] = [];
  readonly #clock: ClockText;
  #cycles = 0;

  constructor(firstMinute: EpochMinute, clock: ClockText) {
    this.#firstMinute = firstMinute;
    this.#clock = clock;
  }

  /** First passes that are over. */
  get cycles(): number {
    return this.#cycles;
  }

  /** First deliveries by minute, from the first on. */
  get bars(): readonly number[] {
    return Array.from(this.#bars, (bars) => bars ?? 0);
  }

  see(events: readonly StreamEvent[]): void {
    for (const event of events) {
      if (event.type === 'bar' && event.minute >= this.#firstMinute) {
        const place = event.minute - this.#firstMinute;
        this.#bars[place] = (this.#bars[place] ?? 0) + 1;
      } else if (event.type === 'pass') {
        const { minute, pass, startedAt, finishedAt } = event;
        if (pass === 'first') this.#cycles += 1;
        const passMs = (finishedAt - startedAt) / this.#clock.speed;
        this.marks.push({ minute, pass, at: finishedAt, cpuMs: cpuMs(), passMs, peakMb: peakMb() });
      }
    }
  }
}
