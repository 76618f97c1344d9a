import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullBucket, lowerTo, refill, resize, spend, waitFor } from '../../src/budget/token-bucket.ts';

describe('token bucket', () => {
  it('starts full and refills in a minute', () => {
    const empty = spend(fullBucket(180, 0), 180, 0);
    expect(empty.tokens).toBe(0);
    expect(refill(empty, 20_000).tokens).toBeCloseTo(60);
    expect(refill(empty, 600_000).tokens).toBe(180);
  });

  it('says how long the next token takes', () => {
    const empty = spend(fullBucket(60, 0), 60, 0);
    expect(waitFor(empty, 1, 0)).toBe(1_000);
    expect(waitFor(empty, 1, 400)).toBeCloseTo(600);
    expect(waitFor(empty, 1, 1_000)).toBe(0);
  });

  it('stands still when the clock goes back', () => {
    const bucket = spend(fullBucket(60, 10_000), 30, 10_000);
    expect(refill(bucket, 5_000)).toEqual(bucket);
  });

  it('is lowered but never raised, and never below zero', () => {
    const bucket = spend(fullBucket(60, 0), 20, 0);
    expect(lowerTo(bucket, 100, 0).tokens).toBe(40);
    expect(lowerTo(bucket, 7, 0).tokens).toBe(7);
    expect(lowerTo(bucket, -3, 0).tokens).toBe(0);
  });

  it('loses what is above a smaller capacity, and gains nothing from a larger', () => {
    const bucket = spend(fullBucket(100, 0), 20, 0);
    expect(resize(bucket, 50, 0)).toMatchObject({ capacity: 50, tokens: 50 });
    expect(resize(bucket, 500, 0)).toMatchObject({ capacity: 500, tokens: 80 });
  });

  it('holds between nothing and its capacity, whatever is taken when it is there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: -2, max: 3 }))),
        (rate, steps) => {
          let bucket = fullBucket(rate, 0);
          let now = 0;
          for (const [pause, count] of steps) {
            now += pause;
            if (waitFor(bucket, count, now) === 0) bucket = spend(bucket, count, now);
            expect(bucket.tokens).toBeGreaterThanOrEqual(0);
            expect(bucket.tokens).toBeLessThanOrEqual(rate);
          }
        },
      ),
    );
  });
});
