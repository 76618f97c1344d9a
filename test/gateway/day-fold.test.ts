import { array, assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DayFold } from '../../src/gateway/stream/day-fold.ts';
import { dayStart } from '../../src/gateway/stream/daily-bars.ts';
import type { BarRow } from '../../src/market/bar.ts';
import { toIsoMinute } from '../../src/time/minute.ts';
import { bar, minute } from './support/world.ts';

/** The plain way: all rows of the day, newest version of each, folded at once. */
function naive(rows: readonly BarRow[]): Omit<BarRow, 'minute'> {
  const newest = [...new Map(rows.map((row) => [row.minute, row])).values()].sort(
    (a, b) => a.minute - b.minute,
  );
  const v = newest.reduce((sum, row) => sum + row.v, 0);
  return {
    o: newest[0]?.o ?? 0,
    h: Math.max(...newest.map((row) => row.h)),
    l: Math.min(...newest.map((row) => row.l)),
    c: newest.at(-1)?.c ?? 0,
    v,
    n: newest.reduce((sum, row) => sum + row.n, 0),
    vw: newest.reduce((sum, row) => sum + row.vw * row.v, 0) / v,
  };
}

describe('the day so far', () => {
  it('is what folding all its minutes gives, in whatever order they and their revisions come', () => {
    const step = tuple(
      integer({ min: 0, max: 3 }),
      integer({ min: 0, max: 6 }),
      integer({ min: 1, max: 500 }),
    );
    assert(
      property(array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        const fold = new DayFold(dayStart(minute(0)));
        const rows: BarRow[] = [];
        let now = 0;
        for (const [ahead, back, value] of steps) {
          now += ahead;
          const row = bar('A', Math.max(0, now - back), {
            o: value,
            h: value + 2,
            l: value - 2,
            c: value + 1,
            v: value,
            n: 1,
            vw: value,
          });
          // What is too old says so, and the day is folded anew elsewhere.
          if (fold.add(row)) rows.push(row);
          else expect(row.minute).toBeLessThan(minute(now - 3));
        }
        const got = fold.get();
        const { vw, ...rest } = naive(rows);
        expect(got).toMatchObject(rest);
        expect(got?.vw).toBeCloseTo(vw, 6);
        expect(toIsoMinute(got?.minute ?? minute(0))).toBe('2026-01-14T05:00:00Z');
      }),
    );
  });

  it('begins at midnight in New York, in winter and in summer', () => {
    expect(toIsoMinute(dayStart(minute(0)))).toBe('2026-01-14T05:00:00Z');
    expect(toIsoMinute(dayStart(minute(190 * 24 * 60)))).toBe('2026-07-23T04:00:00Z');
  });
});
