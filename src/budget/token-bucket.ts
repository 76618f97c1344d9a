import type { EpochMs } from '../time/clock.ts';

/** A token bucket as pure arithmetic: `capacity` tokens at most, `perMs` new ones a millisecond. */
export interface TokenBucket {
  readonly capacity: number;
  readonly perMs: number;
  readonly tokens: number;
  /** When `tokens` was true. */
  readonly at: EpochMs;
}

/** A full bucket that holds one minute's requests and refills them in a minute. */
export function fullBucket(requestsPerMinute: number, now: EpochMs): TokenBucket {
  return {
    capacity: requestsPerMinute,
    perMs: requestsPerMinute / 60_000,
    tokens: requestsPerMinute,
    at: now,
  };
}

/** The bucket as it stands at `now`. */
export function refill(bucket: TokenBucket, now: EpochMs): TokenBucket {
  if (now <= bucket.at) return bucket;
  const tokens = Math.min(bucket.capacity, bucket.tokens + (now - bucket.at) * bucket.perMs);
  return { ...bucket, tokens, at: now };
}

/** Milliseconds until `wanted` tokens are there. */
export function waitFor(bucket: TokenBucket, wanted: number, now: EpochMs): number {
  const { tokens, perMs } = refill(bucket, now);
  return tokens >= wanted ? 0 : (wanted - tokens) / perMs;
}

/** The bucket without `count` tokens; a negative count gives back, up to the capacity. */
export function spend(bucket: TokenBucket, count: number, now: EpochMs): TokenBucket {
  const filled = refill(bucket, now);
  return { ...filled, tokens: Math.min(filled.capacity, filled.tokens - count) };
}

/** The bucket with at most `tokens` in it. */
export function lowerTo(bucket: TokenBucket, tokens: number, now: EpochMs): TokenBucket {
  const filled = refill(bucket, now);
  return { ...filled, tokens: Math.min(filled.tokens, Math.max(0, tokens)) };
}

/** The same bucket for another rate; tokens above the new capacity are lost. */
export function resize(bucket: TokenBucket, requestsPerMinute: number, now: EpochMs): TokenBucket {
  const { tokens } = refill(bucket, now);
  return { ...fullBucket(requestsPerMinute, now), tokens: Math.min(tokens, requestsPerMinute) };
}
