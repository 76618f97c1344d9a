import type { Clock, EpochMs } from './clock.ts';

interface Sleeper {
  readonly at: EpochMs;
  readonly order: number;
  wake(): void;
}

/** Turns of the event loop without a new sleeper before the world counts as idle. */
const idleTurns = 4;

/**
 * A clock that jumps to the next sleeper whenever nothing else is left to run, so that a day passes without
 * waiting. For programs whose work is all in this process: work in sockets looks idle to it.
 */
export class SteppedClock implements Clock {
  #now: EpochMs;
  #order = 0;
  #turning = false;
  #activity = 0;
  readonly #sleepers: Sleeper[] = [];

  constructor(start: EpochMs) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = () => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.push(sleeper);
      this.#activity++;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    let quiet = 0;
    let seen = this.#activity;
    const look = () => {
      quiet = seen === this.#activity ? quiet + 1 : 0;
      seen = this.#activity;
      if (quiet < idleTurns) {
        setImmediate(look);
        return;
      }
      this.#turning = false;
      this.#jump();
      if (this.#sleepers.length > 0) this.#turn();
    };
    setImmediate(look);
  }

  #jump(): void {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (!next || sleeper.at < next.at || (sleeper.at === next.at && sleeper.order < next.order))
        next = sleeper;
    }
    if (!next) return;
    this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
    this.#now = Math.max(this.#now, next.at);
    this.#activity++;
    next.wake();
  }
}
