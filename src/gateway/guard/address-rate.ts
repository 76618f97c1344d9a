import type { Clock, EpochMs } from '../../time/clock.ts';

/** Addresses that are remembered; the longest unheard of is forgotten first, with a full bucket. */
const mostAddresses = 10_000;

export interface RateLimit {
  /** What may be spent at once. */
  readonly burst: number;
  readonly perMinute: number;
}

interface Bucket {
  tokens: number;
  at: EpochMs;
}

export interface RateState {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Milliseconds until the bucket is full again. */
  readonly fullInMs: number;
}

/** A token bucket for each address that something comes from. */
export class AddressRate {
  readonly limit: RateLimit;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit, clock: Clock) {
    this.limit = limit;
    this.#clock = clock;
  }

  /** Spend one token of `address`, if it has one. */
  spend(address: string, cost = 1): RateState {
    const bucket = this.#bucketOf(address);
    const allowed = bucket.tokens >= Math.max(cost, 1);
    if (allowed) bucket.tokens -= cost;
    const perMs = this.limit.perMinute / 60_000;
    return {
      allowed,
      remaining: Math.floor(bucket.tokens),
      fullInMs: (this.limit.burst - bucket.tokens) / perMs,
    };
  }

  #bucketOf(address: string): Bucket {
    const now = this.#clock.now();
    const known = this.#buckets.get(address);
    this.#buckets.delete(address);
    const bucket = known ?? { tokens: this.limit.burst, at: now };
    const gained = Math.max(0, now - bucket.at) * (this.limit.perMinute / 60_000);
    bucket.tokens = Math.min(this.limit.burst, bucket.tokens + gained);
    bucket.at = now;
    this.#buckets.set(address, bucket);
    if (this.#buckets.size > mostAddresses) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
