import { describe, expect, it } from 'vitest';
import { Punctuality } from '../../src/ingest/punctuality.ts';
import { firstMinute } from './delivery.ts';
import { addMinutes } from '../../src/time/minute.ts';

/** Cycles one after the other: of how many bars how many come after the first pass, given how long that waits. */
class Cycles {
  readonly punctuality = new Punctuality();
  #minute = firstMinute;

  one(bars: number, late: number, coversAll = false): number | undefined {
    for (let bar = 0; bar < bars; bar++) this.punctuality.see(this.#minute, bar < late);
    const share = this.punctuality.learn(this.#minute, coversAll);
    this.#minute = addMinutes(this.#minute, 1);
    return share;
  }

  /** Bars of the last minute that come with the first pass of the next. */
  lateOnes(bars: number): void {
    for (let bar = 0; bar < bars; bar++) this.punctuality.see(addMinutes(this.#minute, -1), true);
  }

  /** Where each of 1,000 bars has a moment of its own, up to `lastMs` after the settle time. Returns the waits. */
  spread(count: number, lastMs: number): number[] {
    return this.#many(count, (extraMs) => Math.round(1_000 * Math.max(0, 1 - extraMs / lastMs)));
  }

  /** Where 1,000 bars are there at `ms` after the settle time, and none before. */
  atOnce(count: number, ms: number): number[] {
    return this.#many(count, (extraMs) => (extraMs < ms ? 1_000 : 0));
  }

  #many(count: number, late: (extraMs: number) => number): number[] {
    return Array.from({ length: count }, () => {
      this.one(1_000, late(this.punctuality.extraMs));
      return this.punctuality.extraMs;
    });
  }
}

describe('Punctuality', () => {
  it('lets first passes wait until nearly all bars are there, where nobody can look for all the others', () => {
    // A cycle after each step is not judged: it still brings what was missed before.
    expect(new Cycles().spread(5, 2_400)).toEqual([1_500, 1_500, 3_000, 3_000, 3_000]);
    expect(new Cycles().spread(5, 1_900)).toEqual([1_500, 1_500, 2_000, 2_000, 2_000]);
    expect(new Cycles().spread(30, 60_000).at(-1)).toBe(3_000);
  });

  it('tries an earlier moment after an hour on time, and then each hour until there is none', () => {
    const cycles = new Cycles();
    expect(cycles.atOnce(1, 60_000)).toEqual([1_500]);
    const extra = cycles.atOnce(400, 0);
    expect([59, 60, 120, 180, 399].map((at) => extra[at])).toEqual([1_500, 1_000, 500, 0, 0]);
  });

  it('goes back to the moment before when that was too early, and then waits twice as long', () => {
    const extra = new Cycles().atOnce(400, 1_200);
    expect(new Set(extra)).toEqual(new Set([1_500, 1_000]));
    expect(extra.flatMap((ms, at) => (ms === 1_000 ? [at] : []))).toEqual([61, 183]);
  });

  it('says how many were late when it waits longer, and only then', () => {
    const cycles = new Cycles();
    expect(cycles.one(100, 60)).toBe(0.6);
    expect(cycles.one(100, 60)).toBeUndefined();
    expect(cycles.one(100, 0)).toBe(0.3);
    expect(new Cycles().one(100, 4)).toBeUndefined();
    expect(new Cycles().one(0, 0)).toBeUndefined();
  });

  it('is not moved by a few late bars, nor by those that come when there are no new ones', () => {
    const cycles = new Cycles();
    cycles.one(1_000, 20);
    cycles.lateOnes(20);
    cycles.one(0, 0);
    cycles.one(0, 0);
    expect([cycles.punctuality.isLate, cycles.punctuality.extraMs]).toEqual([false, 0]);
    cycles.one(9, 9);
    expect([cycles.punctuality.isLate, cycles.punctuality.extraMs]).toEqual([true, 0]);
  });

  it('waits only for nearly all bars where there is a second look for everybody', () => {
    const cycles = new Cycles();
    cycles.one(1_000, 700, true);
    expect([cycles.punctuality.isLate, cycles.punctuality.extraMs]).toEqual([true, 0]);
    cycles.one(1_000, 950, true);
    expect([cycles.punctuality.isLate, cycles.punctuality.extraMs]).toEqual([true, 1_500]);
  });
});
