import type { RequestReport } from '../alpaca/request.ts';
import type { Log } from '../telemetry/log.ts';
import type { OffsetClock } from '../time/offset-clock.ts';

/** Answers that are compared before anything is believed. */
const samplesNeeded = 9;

/** The Date header has whole seconds: a smaller difference can't be seen in it. */
const smallestOffsetMs = 1_500;

/** A larger difference is no clock that runs wrong: it is a replayed or a simulated service. */
const largestOffsetMs = 10 * 60_000;

interface Sample {
  readonly offsetMs: number;
  readonly doubtMs: number;
}

/**
 * Measures how far this machine's clock is off the service's, from the Date header of its answers, and
 * corrects the clock of the run. A poll that comes seconds too early finds no bar; one too late is slow.
 */
export class ClockWatch {
  readonly #clock: OffsetClock;
  readonly #log: Log;
  #samples: Sample[] = [];
  #measuredMs: number | undefined;
  #warned = false;

  constructor(clock: OffsetClock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** This machine's clock minus the service's, in milliseconds, as last measured; undefined before that. */
  get offsetMs(): number | undefined {
    return this.#measuredMs;
  }

  see({ serverTime, sentAt, durationMs }: RequestReport): void {
    if (serverTime === undefined) return;
    // The header is cut to the second below, and was written somewhere between sending and receiving.
    this.#samples.push({ offsetMs: sentAt + durationMs / 2 - (serverTime + 500), doubtMs: durationMs / 2 });
    if (this.#samples.length < samplesNeeded) return;
    const offset = median(this.#samples.map((sample) => sample.offsetMs));
    const doubt = median(this.#samples.map((sample) => sample.doubtMs));
    this.#samples = [];
    this.#judge(offset, doubt);
  }

  #judge(offset: number, doubt: number): void {
    const seconds = (Math.abs(offset) / 1000).toFixed(1);
    if (Math.abs(offset) > largestOffsetMs) {
      if (!this.#warned)
        this.#log.warn(`the service's clock differs by ${seconds} s: taken for a simulation, not corrected`);
      this.#warned = true;
      return;
    }
    this.#measuredMs = offset - this.#clock.offsetMs;
    if (Math.abs(offset) < smallestOffsetMs + doubt) return;
    this.#clock.move(-offset);
    this.#log.warn(
      `this machine's clock is ${seconds} s ${offset > 0 ? 'ahead of' : 'behind'} the service's: corrected for`,
    );
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
