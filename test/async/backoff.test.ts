import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentialBackoff } from '../../src/async/backoff.ts';

describe('exponentialBackoff', () => {
  it('doubles from the first wait up to the longest', () => {
    const backoff = exponentialBackoff({ firstMs: 250, maxMs: 5_000, random: () => 1 });
    expect([1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff(attempt))).toEqual([
      250, 500, 1_000, 2_000, 4_000, 5_000, 5_000,
    ]);
  });

  it('waits at least half of its step', () => {
    const backoff = exponentialBackoff({ firstMs: 250, maxMs: 5_000, random: () => 0 });
    expect(backoff(1)).toBe(125);
    expect(backoff(20)).toBe(2_500);
  });

  it('stays between half of the step and the longest wait for every attempt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (attempt, firstMs, maxMs, drawn) => {
          const wait = exponentialBackoff({ firstMs, maxMs, random: () => drawn })(attempt);
          expect(Number.isFinite(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(Math.min(firstMs, maxMs) / 2);
          expect(wait).toBeLessThanOrEqual(maxMs);
        },
      ),
    );
  });

  it('draws from the machine when no randomness is given', () => {
    const wait = exponentialBackoff({ firstMs: 100, maxMs: 100 })(1);
    expect(wait).toBeGreaterThanOrEqual(50);
    expect(wait).toBeLessThanOrEqual(100);
  });
});
