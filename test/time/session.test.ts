import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCalendar } from '../../src/time/calendar-rows.ts';
import { addMinutes, type EpochMinute, minuteOf } from '../../src/time/minute.ts';
import { newYorkDate, toNewYorkIso } from '../../src/time/new-york.ts';
import { MarketCalendar, type SessionKind, sessionKinds } from '../../src/time/session.ts';

const calendar = new MarketCalendar();
const at = (iso: string) => Date.parse(iso);
const minute = (iso: string) => minuteOf(at(iso));
const kind = fc.constantFrom<SessionKind[]>(...sessionKinds);
const someMinute = fc
  .integer({ min: minute('2018-01-01T00:00Z'), max: minute('2028-01-01T00:00Z') })
  .map((value) => value as EpochMinute);
const stretch = fc
  .tuple(someMinute, fc.integer({ min: 0, max: 20 * 1440 }))
  .map(([from, length]) => ({ from, to: addMinutes(from, length) }));

describe('the session of an instant', () => {
  it('ends just before its close', () => {
    expect(calendar.sessionOf(at('2026-01-14T14:29:59.999Z'), 'regular')).toBeUndefined();
    expect(calendar.sessionOf(at('2026-01-14T14:30Z'), 'regular')?.date).toBe('2026-01-14');
    expect(calendar.sessionOf(at('2026-01-14T20:59:59.999Z'), 'regular')?.date).toBe('2026-01-14');
    expect(calendar.sessionOf(at('2026-01-14T21:00Z'), 'regular')).toBeUndefined();
  });

  it('is the one of New York after midnight UTC', () => {
    expect(calendar.sessionOf(at('2026-01-15T00:59Z'), 'extended')?.date).toBe('2026-01-14');
    expect(calendar.isOpen(minute('2026-01-15T01:00Z'), 'extended')).toBe(false);
  });

  it('is shorter on a day that closes early', () => {
    expect(calendar.isOpen(minute('2025-11-28T17:59Z'), 'regular')).toBe(true);
    expect(calendar.isOpen(minute('2025-11-28T18:00Z'), 'regular')).toBe(false);
    expect(calendar.isOpen(minute('2025-11-28T21:59Z'), 'extended')).toBe(true);
    expect(calendar.isOpen(minute('2025-11-28T22:00Z'), 'extended')).toBe(false);
  });

  it('has 390 minutes, 960 with extended hours, and 23 to 25 hours of a day around the clock', () => {
    const minutes = (date: string, of: SessionKind) => {
      const session = calendar.session(date, of);
      return session && session.close - session.open;
    };
    expect(minutes('2026-01-14', 'regular')).toBe(390);
    expect(minutes('2026-01-14', 'extended')).toBe(960);
    expect(minutes('2025-11-28', 'regular')).toBe(210);
    expect(minutes('2025-11-28', 'extended')).toBe(780);
    expect(minutes('2026-01-17', 'extended')).toBeUndefined();
    expect(minutes('2026-01-17', 'all')).toBe(1440);
    expect(minutes('2026-03-08', 'all')).toBe(1380);
    expect(minutes('2026-11-01', 'all')).toBe(1500);
    expect(minutes('no date', 'all')).toBeUndefined();
  });
});

describe('the next opening and close', () => {
  const opens = (iso: string, of: SessionKind) => toNewYorkIso(calendar.nextOpen(at(iso), of));
  const closes = (iso: string, of: SessionKind) => toNewYorkIso(calendar.nextClose(at(iso), of));

  it('skip weekends and holidays', () => {
    expect(opens('2025-11-26T22:00Z', 'regular')).toBe('2025-11-28T09:30:00-05:00');
    expect(opens('2025-11-28T22:00Z', 'extended')).toBe('2025-12-01T04:00:00-05:00');
    expect(opens('2001-09-10T22:00Z', 'regular')).toBe('2001-09-17T09:30:00-04:00');
  });

  it('follow daylight saving', () => {
    expect(calendar.nextOpen(at('2026-03-06T22:00Z'), 'regular')).toBe(at('2026-03-09T13:30Z'));
    expect(calendar.nextOpen(at('2026-10-30T22:00Z'), 'regular')).toBe(at('2026-11-02T14:30Z'));
  });

  it('lie after the instant, as those of the clock of the service', () => {
    expect(opens('2026-01-14T14:29:59.999Z', 'regular')).toBe('2026-01-14T09:30:00-05:00');
    expect(opens('2026-01-14T14:30:00Z', 'regular')).toBe('2026-01-15T09:30:00-05:00');
    expect(closes('2026-01-14T20:59:59.999Z', 'regular')).toBe('2026-01-14T16:00:00-05:00');
    expect(closes('2026-01-14T21:00:00Z', 'regular')).toBe('2026-01-15T16:00:00-05:00');
    expect(closes('2025-11-28T14:00:00Z', 'regular')).toBe('2025-11-28T13:00:00-05:00');
  });

  it('are midnight in New York around the clock', () => {
    expect(opens('2026-03-08T12:00Z', 'all')).toBe('2026-03-09T00:00:00-04:00');
    expect(closes('2026-03-08T12:00Z', 'all')).toBe('2026-03-09T00:00:00-04:00');
  });

  it('bound the closed stretch: nothing is open before, and the first minute is', () => {
    fc.assert(
      fc.property(someMinute, kind, (from, of) => {
        const open = minuteOf(calendar.nextOpen(from * 60_000, of));
        expect(calendar.isOpen(open, of)).toBe(true);
        if (calendar.isOpen(from, of)) return;
        expect(calendar.minutesBetween(from, addMinutes(open, -1), of)).toBe(0);
        expect(calendar.nextMinute(from, of)).toBe(open);
      }),
    );
  });
});

describe('the next minute', () => {
  it('leads over the night, the weekend and the change of the clocks', () => {
    expect(calendar.nextMinute(minute('2026-01-14T15:00Z'), 'regular')).toBe(minute('2026-01-14T15:01Z'));
    expect(calendar.nextMinute(minute('2026-01-14T20:59Z'), 'regular')).toBe(minute('2026-01-15T14:30Z'));
    expect(calendar.nextMinute(minute('2026-03-07T00:59Z'), 'extended')).toBe(minute('2026-03-09T08:00Z'));
    expect(calendar.nextMinute(minute('2026-03-07T00:59Z'), 'all')).toBe(minute('2026-03-07T01:00Z'));
    expect(calendar.previousMinute(minute('2026-03-09T08:00Z'), 'extended')).toBe(
      minute('2026-03-07T00:59Z'),
    );
  });

  it('is later, is open, grows with the minute, and has nothing between', () => {
    fc.assert(
      fc.property(someMinute, fc.integer({ min: 0, max: 5000 }), kind, (from, step, of) => {
        const next = calendar.nextMinute(from, of);
        expect(next).toBeGreaterThan(from);
        expect(calendar.isOpen(next, of)).toBe(true);
        expect(calendar.minutesBetween(addMinutes(from, 1), next, of)).toBe(1);
        expect(calendar.nextMinute(addMinutes(from, step), of)).toBeGreaterThanOrEqual(next);
      }),
    );
  });

  it('is undone by the previous minute', () => {
    fc.assert(
      fc.property(someMinute, kind, (from, of) => {
        const open = calendar.nextMinute(from, of);
        expect(calendar.nextMinute(calendar.previousMinute(open, of), of)).toBe(open);
        const before = calendar.previousMinute(from, of);
        expect(before).toBeLessThan(from);
        expect(calendar.isOpen(before, of)).toBe(true);
        expect(calendar.minutesBetween(before, addMinutes(from, -1), of)).toBe(1);
      }),
    );
  });
});

describe('the runs of a stretch', () => {
  it('are its open minutes, one run a session', () => {
    const runs = [...calendar.runs(minute('2025-11-26T20:58Z'), minute('2025-12-01T14:30Z'), 'regular')];
    expect(runs).toEqual([
      { date: '2025-11-26', from: minute('2025-11-26T20:58Z'), to: minute('2025-11-26T20:59Z') },
      { date: '2025-11-28', from: minute('2025-11-28T14:30Z'), to: minute('2025-11-28T17:59Z') },
      { date: '2025-12-01', from: minute('2025-12-01T14:30Z'), to: minute('2025-12-01T14:30Z') },
    ]);
    expect([...calendar.runs(minute('2025-11-27T00:00Z'), minute('2025-11-26T00:00Z'), 'all')]).toEqual([]);
  });

  it('hold exactly the minutes that are open, in order', () => {
    fc.assert(
      fc.property(stretch, kind, ({ from, to }, of) => {
        const open = new Set<number>();
        for (let each = from; each <= to; each = addMinutes(each, 1)) {
          if (calendar.isOpen(each, of)) open.add(each);
        }
        const listed: number[] = [];
        for (const run of calendar.runs(from, to, of)) {
          expect(newYorkDate(run.from * 60_000)).toBe(run.date);
          expect(newYorkDate(run.to * 60_000)).toBe(run.date);
          for (let each = run.from; each <= run.to; each = addMinutes(each, 1)) listed.push(each);
        }
        expect(listed).toEqual([...open]);
        expect(calendar.minutesBetween(from, to, of)).toBe(open.size);
        if (of === 'all') expect(open.size).toBe(to - from + 1);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a calendar with recorded days', () => {
  const row = (date: string, close = '16:00') => ({
    date,
    open: '09:30',
    close,
    session_open: '0400',
    session_close: '2000',
  });
  const closes = (of: MarketCalendar, date: string) => {
    const day = of.tradingDay(date);
    return day && toNewYorkIso(day.close * 60_000).slice(11, 16);
  };

  it('lets the record win between its first and last day, and the rules decide outside', () => {
    const recorded = new MarketCalendar(
      parseCalendar([row('2026-01-12', '14:00'), row('2026-01-13'), row('2026-01-15')]),
    );
    expect(closes(recorded, '2026-01-12')).toBe('14:00');
    expect(closes(recorded, '2026-01-14')).toBeUndefined();
    expect(closes(recorded, '2026-01-09')).toBe('16:00');
    expect(closes(recorded, '2026-01-16')).toBe('16:00');
    expect(closes(recorded, '2026-01-19')).toBeUndefined();
  });

  it('takes a hole of more than a week for a hole, not for a closure', () => {
    const recorded = new MarketCalendar(parseCalendar([row('2026-01-12'), row('2026-02-12')]));
    expect(closes(recorded, '2026-01-20')).toBe('16:00');
    expect(closes(recorded, '2026-01-19')).toBeUndefined();
    const attacks = new MarketCalendar(parseCalendar([row('2001-09-10'), row('2001-09-17')]));
    expect(closes(attacks, '2001-09-12')).toBeUndefined();
  });
});

const bars = new URL('../../../shared/data/minute-bars/', import.meta.url);
const barFiles = existsSync(bars)
  ? ['special-days', 'consolidated-2025-01', 'sparse-2026-01'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, bars)).map((name) => `${folder}/${name}`),
    )
  : [];

describe('recorded bars', () => {
  it.skipIf(barFiles.length === 0)('are there (needs ../shared/data/minute-bars)', () => {
    expect(barFiles.length).toBeGreaterThan(10);
  });

  it.each(barFiles)('of %s lie inside the extended session of their day', (file) => {
    const date = file.slice(-17, -7);
    const lines = gunzipSync(readFileSync(new URL(file, bars)))
      .toString('utf8')
      .trim()
      .split('\n')
      .slice(1);
    const times = new Set(lines.map((line) => line.split(',')[1] ?? ''));
    const outside = [...times].filter((time) => calendar.sessionOf(at(time), 'extended')?.date !== date);
    expect(times.size).toBeGreaterThan(0);
    expect(outside).toEqual([]);
  });
});
