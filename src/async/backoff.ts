/** How long to wait before retry number `attempt` (1 is the first retry), in milliseconds. */
export type Backoff = (attempt: number) => number;

export interface ExponentialOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A number in [0, 1). Each wait is drawn from the upper half of its step, so that retries spread out. */
  readonly random?: () => number;
}

/** Doubling waits with jitter: between half of and the whole of `firstMs x 2^(attempt - 1)`, never over `maxMs`. */
export function exponentialBackoff({ firstMs, maxMs, random = Math.random }: ExponentialOptions): Backoff {
  return (attempt) => {
    const step = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
    return step * (0.5 + 0.5 * random());
  };
}
