import { describe, expect, it } from 'vitest';
import { type RetryPolicy, withRetries } from '../../src/alpaca/retry.ts';
import { FleeceError } from '../../src/errors.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';

const reset = new FleeceError('network', 'reset', { retryable: true });
const refused = new FleeceError('rate_limited', '429', { retryable: true });

function setUp(outcomes: readonly (Error | string)[]) {
  const clock = new SteppedClock(0);
  const at: number[] = [];
  const told: [string, number][] = [];
  const policy: RetryPolicy = {
    clock,
    attempts: 3,
    backoff: (attempt) => attempt * 1_000,
    onRetry: (error, attempt) => told.push([error.message, attempt]),
  };
  const attempt = async () => {
    const outcome = outcomes[Math.min(at.length, outcomes.length - 1)];
    at.push(clock.now());
    await clock.sleep(10);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { clock, at, told, policy, attempt };
}

describe('withRetries', () => {
  it('does nothing more after a success', async () => {
    const { attempt, policy, at, told } = setUp(['good']);
    expect(await withRetries(attempt, policy, {})).toBe('good');
    expect([at, told]).toEqual([[0], []]);
  });

  it('tries again after growing waits, and tells of each retry', async () => {
    const { attempt, policy, at, told } = setUp([reset, reset, 'good']);
    expect(await withRetries(attempt, policy, {})).toBe('good');
    expect(at).toEqual([0, 1_010, 3_020]);
    expect(told).toEqual([
      ['reset', 1],
      ['reset', 2],
    ]);
  });

  it('passes the last error on after so many failures', async () => {
    const { attempt, policy, at } = setUp([reset]);
    await expect(withRetries(attempt, policy, {})).rejects.toBe(reset);
    expect(at.length).toBe(3);
  });

  it.each([
    new FleeceError('unauthorized', 'keys'),
    new FleeceError('forbidden', 'plan'),
    new FleeceError('bad_request', 'no'),
    new FleeceError('invalid_symbol', 'X'),
    new TypeError('a bug'),
  ])('does not try again what cannot succeed: $message', async (error) => {
    const { attempt, policy, at } = setUp([error]);
    await expect(withRetries(attempt, policy, {})).rejects.toBe(error);
    expect(at.length).toBe(1);
  });

  it('leaves the waiting after a 429 to the budget, and does not count it as a failure', async () => {
    const { attempt, policy, at } = setUp([
      ...Array.from({ length: 20 }, () => refused),
      reset,
      reset,
      'good',
    ]);
    expect(await withRetries(attempt, policy, {})).toBe('good');
    expect(at[20]).toBe(200);
  });

  it('gives up when a key is refused for rate again and again', async () => {
    const { attempt, policy, at } = setUp([refused]);
    await expect(withRetries(attempt, policy, {})).rejects.toBe(refused);
    expect(at.length).toBe(30);
  });

  it('waits out the rest of a host as long as it is told, without counting it', async () => {
    const resting = new FleeceError('circuit_open', 'resting', { retryable: true, retryAfterMs: 7_000 });
    const { attempt, policy, at } = setUp([resting, resting, resting, resting, 'good']);
    expect(await withRetries(attempt, policy, {})).toBe('good');
    expect(at).toEqual([0, 7_010, 14_020, 21_030, 28_040]);
  });

  it('starts no retry after the deadline', async () => {
    const { attempt, policy, at } = setUp([reset, reset, 'good']);
    await expect(withRetries(attempt, policy, { deadline: 2_000 })).rejects.toBe(reset);
    expect(at).toEqual([0, 1_010]);
    const late = setUp([refused]);
    await expect(withRetries(late.attempt, late.policy, { deadline: 25 })).rejects.toBe(refused);
    expect(late.at).toEqual([0, 10, 20]);
  });

  it('stops waiting when its signal fires', async () => {
    const { attempt, policy, clock, at } = setUp([reset]);
    const stop = new AbortController();
    void clock.sleep(500).then(() => stop.abort(new Error('stopped')));
    await expect(withRetries(attempt, policy, { signal: stop.signal })).rejects.toThrow('stopped');
    expect(at.length).toBe(1);
  });
});
