import { describe, expect, it } from 'vitest';
import { Punctuality } from '../../src/ingest/punctuality.ts';

/** Cycles of 1,000 bars, each of which can be had at a moment of its own, up to `lastMs` after the settle time. */
function cycles(punctuality: Punctuality, minutes: number, lastMs: number): number[] {
  return Array.from({ length: minutes }, () => {
    const late = Math.round(1_000 * Math.max(0, 1 - punctuality.extraMs / lastMs));
    punctuality.learn({ bars: 1_000, late }, false);
    return punctuality.extraMs;
  });
}

describe('Punctuality', () => {
  it('lets first passes wait until nearly all bars are there, where nobody can look for all the others', () => {
    // A cycle after each step is not judged: it still brings what was missed before.
    expect(cycles(new Punctuality(), 5, 2_400)).toEqual([1_500, 1_500, 3_000, 3_000, 3_000]);
    expect(cycles(new Punctuality(), 5, 1_900)).toEqual([1_500, 1_500, 2_000, 2_000, 2_000]);
    expect(cycles(new Punctuality(), 30, 60_000).at(-1)).toBe(3_000);
  });

  it('tries an earlier moment after an hour on time, and then each hour until there is none', () => {
    const punctuality = new Punctuality();
    expect(cycles(punctuality, 1, 60_000)).toEqual([1_500]);
    const extra = Array.from({ length: 400 }, () => {
      punctuality.learn({ bars: 1_000, late: 20 }, false);
      return punctuality.extraMs;
    });
    expect([59, 60, 120, 180, 399].map((at) => extra[at])).toEqual([1_500, 1_000, 500, 0, 0]);
  });

  it('goes back to the moment before when that was too early, and then waits twice as long', () => {
    const punctuality = new Punctuality();
    const extra: number[] = [];
    // Everything is there 1.2 s after the settle time, and nothing before.
    for (let minute = 0; minute < 400; minute++) {
      punctuality.learn({ bars: 1_000, late: punctuality.extraMs < 1_200 ? 1_000 : 0 }, false);
      extra.push(punctuality.extraMs);
    }
    const tries = extra.flatMap((ms, at) => (ms === 1_000 ? [at] : []));
    expect(tries).toEqual([61, 183]);
    expect(new Set(extra)).toEqual(new Set([1_500, 1_000]));
  });

  it('says how many were late when it waits longer, and only then', () => {
    const punctuality = new Punctuality();
    expect(punctuality.learn({ bars: 100, late: 60 }, false)).toBe(0.6);
    expect(punctuality.learn({ bars: 100, late: 60 }, false)).toBeUndefined();
    expect(punctuality.learn({ bars: 100, late: 4 }, false)).toBeUndefined();
    expect(punctuality.learn({ bars: 0, late: 0 }, false)).toBeUndefined();
  });

  it('is not moved by a few late bars', () => {
    const punctuality = new Punctuality();
    punctuality.learn({ bars: 1_000, late: 49 }, false);
    expect([punctuality.isLate, punctuality.extraMs]).toEqual([false, 0]);
    punctuality.learn({ bars: 9, late: 9 }, false);
    expect([punctuality.isLate, punctuality.extraMs]).toEqual([true, 0]);
  });

  it('waits only for nearly all bars where there is a second look for everybody', () => {
    const punctuality = new Punctuality();
    punctuality.learn({ bars: 1_000, late: 700 }, true);
    expect([punctuality.isLate, punctuality.extraMs]).toEqual([true, 0]);
    punctuality.learn({ bars: 1_000, late: 900 }, true);
    expect([punctuality.isLate, punctuality.extraMs]).toEqual([true, 1_500]);
  });
});
