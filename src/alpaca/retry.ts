import type { Backoff } from '../async/backoff.ts';
import { isFleeceError } from '../errors.ts';
import type { Clock, EpochMs } from '../time/clock.ts';

export interface RetryPolicy {
  readonly clock: Clock;
  readonly backoff: Backoff;
  /** Attempts that may fail before the error is passed on. A 429 is the budget's matter and does not count. */
  readonly attempts: number;
  readonly onRetry?: (error: Error, attempt: number) => void;
}

/** Refusals for rate in a row after which the error is passed on: by then the key is in other hands. */
const patience = 30;

/** Run `attempt` until it succeeds, fails for good, or `deadline` is near. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  options: { readonly deadline?: EpochMs | undefined; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  let failures = 0;
  let refusals = 0;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isFleeceError(error) || !error.retryable) throw error;
      if (error.code === 'rate_limited') refusals += 1;
      else if (error.code !== 'circuit_open') failures += 1;
      if (failures >= policy.attempts || refusals >= patience) throw error;
      // The budget itself makes a refused request wait for the next token.
      const wait = error.code === 'rate_limited' ? 0 : (error.retryAfterMs ?? policy.backoff(failures));
      if (options.deadline !== undefined && policy.clock.now() + wait > options.deadline) throw error;
      policy.onRetry?.(error, failures + refusals);
      if (wait > 0) await policy.clock.sleep(wait, options.signal);
    }
  }
}
