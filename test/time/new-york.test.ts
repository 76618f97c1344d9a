import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIsoDate, toIsoDate, weekdayOf } from '../../src/time/calendar-date.ts';
import { type EpochMinute, minuteOf } from '../../src/time/minute.ts';
import {
  describeNewYork,
  fromNewYork,
  newYorkDate,
  newYorkOffset,
  toNewYork,
  toNewYorkIso,
} from '../../src/time/new-york.ts';

const minute = (iso: string) => minuteOf(Date.parse(iso));
const day = (iso: string) => parseIsoDate(iso) ?? Number.NaN;
const iso = (at: EpochMinute) => new Date(at * 60_000).toISOString().slice(0, 16);
const between = (from: string, to: string) =>
  fc.integer({ min: minute(from), max: minute(to) }).map((value) => value as EpochMinute);

/** The five days around each of the changes of these years. */
const aroundChanges = fc
  .tuple(
    fc.constantFrom('2020-03-08', '2024-11-03', '2025-03-09', '2025-11-02', '2026-03-08', '2026-11-01'),
    fc.integer({ min: -3600, max: 3600 }),
  )
  .map(([date, offset]) => (day(date) * 1440 + offset) as EpochMinute);

const slow = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'America/New_York',
  dateStyle: 'short',
  timeStyle: 'medium',
});

describe('New York time', () => {
  it('is five hours behind UTC in winter and four in summer', () => {
    expect(newYorkOffset(minute('2026-01-14T14:30Z'))).toBe(-300);
    expect(newYorkOffset(minute('2026-07-14T13:30Z'))).toBe(-240);
  });

  it('changes at 02:00 on the second Sunday of March and the first of November', () => {
    expect(newYorkOffset(minute('2026-03-08T06:59Z'))).toBe(-300);
    expect(newYorkOffset(minute('2026-03-08T07:00Z'))).toBe(-240);
    expect(newYorkOffset(minute('2026-11-01T05:59Z'))).toBe(-240);
    expect(newYorkOffset(minute('2026-11-01T06:00Z'))).toBe(-300);
  });

  it('is what Intl says, at every minute', () => {
    fc.assert(
      fc.property(fc.oneof(between('2015-01-01T00:00Z', '2030-01-01T00:00Z'), aroundChanges), (at) => {
        const { day: shownDay, minuteOfDay } = toNewYork(at);
        const clock = new Date(minuteOfDay * 60_000).toISOString().slice(11, 19);
        expect(`${toIsoDate(shownDay)} ${clock}`).toBe(slow.format(at * 60_000));
      }),
      { numRuns: 1000 },
    );
  });

  it('leads back to the minute, but for the hour that the clocks show twice', () => {
    fc.assert(
      fc.property(fc.oneof(between('2015-01-01T00:00Z', '2030-01-01T00:00Z'), aroundChanges), (at) => {
        const shown = toNewYork(at);
        const back = fromNewYork(shown.day, shown.minuteOfDay);
        expect(toNewYork(back)).toEqual(shown);
        expect([0, 60]).toContain(at - back);
        if (at !== back) expect([newYorkOffset(back), newYorkOffset(at)]).toEqual([-240, -300]);
      }),
      { numRuns: 1000 },
    );
  });

  it('turns the opening bell into the right minute on both sides of a change', () => {
    expect(iso(fromNewYork(day('2026-03-06'), 570))).toBe('2026-03-06T14:30');
    expect(iso(fromNewYork(day('2026-03-09'), 570))).toBe('2026-03-09T13:30');
    expect(iso(fromNewYork(day('2026-10-30'), 570))).toBe('2026-10-30T13:30');
    expect(iso(fromNewYork(day('2026-11-02'), 570))).toBe('2026-11-02T14:30');
  });

  it('takes a skipped time as an hour later, and the first of a time shown twice', () => {
    expect(iso(fromNewYork(day('2026-03-08'), 150))).toBe('2026-03-08T07:30');
    expect(toNewYork(fromNewYork(day('2026-03-08'), 150)).minuteOfDay).toBe(210);
    expect(iso(fromNewYork(day('2026-11-01'), 90))).toBe('2026-11-01T05:30');
  });

  it('has the date of New York, not of UTC', () => {
    expect(newYorkDate(Date.parse('2026-01-15T04:59:59.999Z'))).toBe('2026-01-14');
    expect(newYorkDate(Date.parse('2026-01-15T05:00Z'))).toBe('2026-01-15');
  });

  it('is written as the service writes it, and for people', () => {
    expect(toNewYorkIso(Date.parse('2026-06-24T18:15:22.123Z'))).toBe('2026-06-24T14:15:22-04:00');
    expect(toNewYorkIso(Date.parse('2026-12-24T18:15:22Z'))).toBe('2026-12-24T13:15:22-05:00');
    expect(describeNewYork(Date.parse('2026-06-29T08:00Z'))).toBe('Mon 2026-06-29 04:00 New York');
  });
});

describe('a date', () => {
  it('is read only when it exists', () => {
    for (const text of [
      '2026-02-30',
      '2025-02-29',
      '2026-13-01',
      '2026-1-1',
      '20260101',
      '',
      '2026-01-01T00:00',
    ]) {
      expect(parseIsoDate(text)).toBeUndefined();
    }
    expect(toIsoDate(day('2024-02-29'))).toBe('2024-02-29');
  });

  it('has the weekday that the calendar shows', () => {
    expect(weekdayOf(day('2026-11-24'))).toBe(2);
    expect(weekdayOf(day('1970-01-01'))).toBe(4);
    expect(weekdayOf(day('1969-12-28'))).toBe(0);
  });
});
