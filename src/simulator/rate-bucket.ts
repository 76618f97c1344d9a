import type { EpochMs } from '../time/clock.ts';

/** What the answer's headers say after a token was taken; undefined when there was none to take. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** Unix seconds at which what remains changes. */
  readonly resetAt: number;
}

/** The most keys that are remembered; the one unused for longest is forgotten first. */
const maxKeys = 10_000;

/** Token buckets, one a key: as many tokens as requests a minute are allowed, refilled evenly. */
export class RateBuckets {
  readonly #limit: number;
  readonly #buckets = new Map<string, { tokens: number; at: EpochMs }>();

  /** @param perMinute Requests a minute; also how many may come at once. */
  constructor(perMinute: number) {
    this.#limit = perMinute;
  }

  take(key: string, now: EpochMs): Quota | undefined {
    const perMs = this.#limit / 60_000;
    const old = this.#buckets.get(key) ?? { tokens: this.#limit, at: now };
    const tokens = Math.min(this.#limit, old.tokens + Math.max(0, now - old.at) * perMs);
    const taken = tokens >= 1;
    const left = taken ? tokens - 1 : tokens;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: left, at: Math.max(now, old.at) });
    if (this.#buckets.size > maxKeys) this.#forgetOldest();
    if (!taken) return undefined;
    const remaining = Math.floor(left);
    const resetAt = Math.ceil((now + (remaining + 1 - left) / perMs) / 1_000);
    return { limit: this.#limit, remaining, resetAt };
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
