import type { Clock, EpochMs } from './clock.ts';

/** Another clock, moved by an offset that can be corrected while it runs. */
export class OffsetClock implements Clock {
  readonly #base: Clock;
  #offsetMs = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  /** What is added to the base clock, in milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Move the clock by `ms` from now on. */
  move(ms: number): void {
    this.#offsetMs += ms;
  }

  now(): EpochMs {
    return this.#base.now() + this.#offsetMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#base.sleep(ms, signal);
  }
}
