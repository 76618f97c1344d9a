import type { Clock, EpochMs } from '../time/clock.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerOptions {
  readonly clock: Clock;
  /** Failures in a row that open the breaker. */
  readonly threshold: number;
  /** How long it stays open before one probe may pass, in milliseconds. */
  readonly coolDownMs: number;
}

/**
 * A circuit breaker over consecutive failures: while a host only fails, it is asked once per cool-down instead
 * of by everyone. It reads the `Clock` in use, which the breakers on npm can't.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #openUntil: EpochMs | undefined;
  #probing = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    if (this.#openUntil === undefined) return 'closed';
    return this.#options.clock.now() < this.#openUntil ? 'open' : 'half-open';
  }

  /** Milliseconds to wait before asking again; 0 means that the caller may ask now, as the probe if half-open. */
  enter(): number {
    if (this.#openUntil === undefined) return 0;
    const { clock, coolDownMs } = this.#options;
    // A clock that was set back must not make the rest longer.
    this.#openUntil = Math.min(this.#openUntil, clock.now() + coolDownMs);
    const left = this.#openUntil - clock.now();
    if (left > 0) return left;
    if (this.#probing) return this.#options.coolDownMs / 10;
    this.#probing = true;
    return 0;
  }

  succeed(): void {
    this.#failures = 0;
    this.#openUntil = undefined;
    this.#probing = false;
  }

  fail(): void {
    this.#failures += 1;
    const wasProbe = this.#probing;
    this.#probing = false;
    if (wasProbe || this.#failures >= this.#options.threshold) {
      this.#openUntil = this.#options.clock.now() + this.#options.coolDownMs;
    }
  }

  /** The attempt ended without saying anything about the host (the caller gave up). */
  abandon(): void {
    this.#probing = false;
  }
}
