import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newYorkDay, newYorkMinute, newYorkOffset } from '../../src/simulator/new-york.ts';
import { converse } from './conversation.ts';
import { hasShared, sharedJson } from './shared-material.ts';

interface Row {
  readonly date: string;
  readonly open: string;
  readonly close: string;
  readonly session_open: string;
  readonly session_close: string;
  readonly settlement_date?: string;
}

const simulator = converse({ symbols: 1 }, { rateLimit: 'off' });
const rows = (query: string) => simulator.json(`/v2/calendar?${query}`) as Row[];

describe('the calendar', () => {
  it.skipIf(!hasShared('data/calendar'))(
    'agrees with an independent calendar of 2015 to 2028 day for day',
    () => {
      const all = sharedJson('data/calendar/derived-alpaca-shape-calendar.json') as Row[];
      const mine = rows('start=2015-01-01&end=2028-12-31');
      expect(mine.map((row) => ({ ...row, settlement_date: undefined }))).toEqual(all);
    },
  );

  it.skipIf(!hasShared('data/calendar'))('agrees with a recorded answer, settlement dates included', () => {
    const real = sharedJson('data/calendar/calendar-early-close-2025-11.json') as Row[];
    const last = real[real.length - 1]?.date ?? '';
    expect(rows(`start=2025-11-24&end=${last}`)).toEqual(real);
  });

  it('covers 1970 to 2029 when not told otherwise', () => {
    const all = rows('');
    expect(all[0]?.date).toBe('1970-01-02');
    expect(all[all.length - 1]?.date).toBe('2029-12-31');
  });

  it('can be asked by settlement date', () => {
    const found = rows('start=2026-01-20&end=2026-01-20&date_type=SETTLEMENT');
    expect(found.map(({ date }) => date)).toEqual(['2026-01-16']);
  });

  it('refuses a date that is none', () => {
    expect(simulator.ask('/v2/calendar?start=soon').status).toBe(400);
  });
});

describe('the clock', () => {
  const at = (iso: string) => converse({ symbols: 1 }, {}, Date.parse(iso)).json('/v2/clock');

  it('says when a session is on and when it ends', () => {
    expect(at('2026-01-14T16:00:00Z')).toMatchObject({
      is_open: true,
      next_open: '2026-01-15T09:30:00-05:00',
      next_close: '2026-01-14T16:00:00-05:00',
    });
  });

  it('names the same day before the open', () => {
    expect(at('2026-01-14T13:00:00Z')).toMatchObject({
      is_open: false,
      next_open: '2026-01-14T09:30:00-05:00',
      next_close: '2026-01-14T16:00:00-05:00',
    });
  });

  it('closes early on the day after Thanksgiving', () => {
    expect(at('2025-11-28T17:59:59Z')).toMatchObject({
      is_open: true,
      next_close: '2025-11-28T13:00:00-05:00',
    });
    expect(at('2025-11-28T18:00:00Z')).toMatchObject({
      is_open: false,
      next_open: '2025-12-01T09:30:00-05:00',
    });
  });

  it('changes its offset over a weekend of daylight saving', () => {
    expect(at('2026-03-07T15:00:00Z')).toMatchObject({
      timestamp: '2026-03-07T10:00:00.000000000-05:00',
      next_open: '2026-03-09T09:30:00-04:00',
    });
  });
});

describe('time in New York', () => {
  it('finds the minute that a clock there shows, on any day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 21_914 }), fc.integer({ min: 180, max: 1_439 }), (day, shown) => {
        const minute = newYorkMinute(day, shown);
        expect(minute - newYorkOffset(minute)).toBe(day * 1_440 + shown);
        expect(newYorkDay(minute)).toBe(day);
      }),
    );
  });
});
