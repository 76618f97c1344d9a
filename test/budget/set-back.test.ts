import { describe, expect, it } from 'vitest';
import { RateBudget } from '../../src/budget/rate-budget.ts';
import { OffsetClock } from '../../src/time/offset-clock.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';

describe('RateBudget on a clock that is set back', () => {
  it('goes on refilling, and lets no more through than before', async () => {
    const base = new SteppedClock(Date.parse('2026-01-14T15:00:00Z'));
    const clock = new OffsetClock(base);
    const budget = new RateBudget({ clock, requestsPerMinute: 60 });
    const taken: number[] = [];
    const take = async () => {
      const permit = await budget.take('live');
      taken.push(base.now());
      permit.settle();
    };
    for (let count = 0; count < 60; count++) await take();
    clock.move(-10 * 60_000);
    for (let count = 0; count < 60; count++) await take();
    const start = Date.parse('2026-01-14T15:00:00Z');
    expect(taken[60]).toBeGreaterThanOrEqual(start + 60_000);
    expect(taken.at(-1)).toBeLessThan(start + 3 * 60_000);
  });
});
