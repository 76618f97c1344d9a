import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseIsoDate, type TradingDay } from '../../src/time/calendar-date.ts';
import { parseCalendar } from '../../src/time/calendar-rows.ts';
import { holidayOf, tradingDayByRules } from '../../src/time/calendar-rules.ts';
import { toNewYork } from '../../src/time/new-york.ts';
import { MarketCalendar } from '../../src/time/session.ts';

const shared = new URL('../../../shared/data/calendar/', import.meta.url);
const present = existsSync(shared);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, shared), 'utf8'));
const day = (iso: string) => parseIsoDate(iso) ?? Number.NaN;
const byRules = new MarketCalendar();

function hours(tradingDay: TradingDay | undefined): string {
  if (!tradingDay) return 'closed';
  const { sessionOpen, open, close, sessionClose } = tradingDay;
  return [sessionOpen, open, close, sessionClose].map((at) => toNewYork(at).minuteOfDay / 60).join(' ');
}

const whole = '4 9.5 16 20';
const early = '4 9.5 13 17';

describe('the rules of the calendar', () => {
  it.each([
    ['2021-12-31', whole, "New Year's Day on a Saturday is not made up for"],
    ['2023-01-02', 'closed', "New Year's Day on a Sunday is kept on Monday"],
    ['2021-06-18', whole, 'before Juneteenth became a holiday'],
    ['2022-06-20', 'closed', 'Juneteenth on a Sunday'],
    ['2027-06-18', 'closed', 'Juneteenth on a Saturday'],
    ['2026-07-03', 'closed', 'Independence Day on a Saturday'],
    ['2026-07-02', whole, 'the day before it is whole'],
    ['2021-07-05', 'closed', 'Independence Day on a Sunday'],
    ['2022-07-01', whole, 'a Friday before Independence Day on a Monday'],
    ['2025-07-03', early, 'the day before Independence Day'],
    ['2021-12-24', 'closed', 'Christmas on a Saturday'],
    ['2024-12-24', early, 'Christmas Eve'],
    ['2025-11-28', early, 'the day after Thanksgiving'],
    ['2024-03-29', 'closed', 'Good Friday in March'],
    ['2038-04-23', 'closed', 'Good Friday of the latest Easter of the century'],
    ['2026-11-24', whole, 'a Tuesday'],
    ['2026-11-22', 'closed', 'a Sunday'],
    ['2001-09-10', whole, 'the day before September 11'],
    ['2001-09-14', 'closed', 'the Friday after September 11'],
    ['2004-06-11', 'closed', 'the mourning of Reagan'],
    ['2007-01-02', 'closed', 'the mourning of Ford'],
    ['2012-10-30', 'closed', 'Hurricane Sandy'],
    ['2018-12-05', 'closed', 'the mourning of Bush'],
    ['2025-01-09', 'closed', 'the mourning of Carter'],
  ])('say of %s: %s (%s)', (date, expected) => {
    expect(hours(tradingDayByRules(day(date)))).toBe(expected);
  });

  it('give the reason for a closure', () => {
    expect(holidayOf(day('2026-04-03'))).toBe('Good Friday');
    expect(holidayOf(day('2025-01-09'))).toMatch(/Carter/);
    expect(holidayOf(day('2026-11-24'))).toBeUndefined();
  });

  it.skipIf(!present)(
    'agree with the derived calendar on every day of 2015 to 2028 (needs ../shared/data)',
    () => {
      const derived = parseCalendar(read('derived-alpaca-shape-calendar.json'));
      expect(derived).toHaveLength(3519);
      expect(byRules.tradingDays('2015-01-01', '2028-12-31')).toEqual(derived);
    },
  );

  it.skipIf(!present)('agree with the recorded calendar (needs ../shared/data)', () => {
    const recorded = parseCalendar(read('calendar-early-close-2025-11.json'));
    expect(recorded).toHaveLength(26);
    expect(byRules.tradingDays(recorded[0]?.date ?? '', recorded.at(-1)?.date ?? '')).toEqual(recorded);
  });

  it.skipIf(!present)('agree with the list of holidays and early closes (needs ../shared/data)', () => {
    const list = read('us-equity-holidays-early-closes.json') as {
      holidays: string[];
      early_closes: Record<string, string>;
    };
    expect(list.holidays.filter((date) => byRules.tradingDay(date))).toEqual([]);
    const weekend = (date: string) => [0, 6].includes(new Date(date).getUTCDay());
    const closes = Object.keys(list.early_closes).filter((date) => !weekend(date));
    expect(closes.filter((date) => hours(byRules.tradingDay(date)) !== early)).toEqual([]);
  });
});

describe('a calendar body', () => {
  const row = {
    date: '2026-01-14',
    open: '09:30',
    close: '16:00',
    session_open: '0400',
    session_close: '2000',
  };

  it('is read into minutes, in order of date', () => {
    const days = parseCalendar([{ ...row, date: '2026-07-14', close: '13:00', session_close: '1700' }, row]);
    expect(days.map((each) => `${each.date} ${hours(each)}`)).toEqual([
      `2026-01-14 ${whole}`,
      `2026-07-14 ${early}`,
    ]);
  });

  it('has only regular hours when it names no others', () => {
    const { session_open: _, session_close: __, ...regular } = row;
    expect(hours(parseCalendar([regular])[0])).toBe('9.5 9.5 16 16');
  });

  it.each([
    [{ message: 'forbidden.' }, /the body is \{"message":"forbidden\."\} instead of an array/],
    [[null], /row 0 is null/],
    [[{ ...row, date: '2026-02-30' }], /"date" of row 0 is 2026-02-30 instead of a date/],
    [[row, { ...row, date: 20260115 }], /"date" of row 1 is 20260115/],
    [[{ ...row, open: '9:30' }], /"open" of 2026-01-14 is 9:30 instead of a time of day/],
    [[{ ...row, close: '25:00' }], /"close" of 2026-01-14 is 25:00/],
    [[{ ...row, close: '15:60' }], /"close" of 2026-01-14 is 15:60/],
    [[{ ...row, close: undefined }], /"close" of 2026-01-14 is missing/],
    [[{ ...row, close: '09:00' }], /session_open <= open < close <= session_close/],
    [[row, row], /"date" is 2026-01-14 instead of a day that no other row has/],
  ])('is refused when it is %j', (body, message) => {
    expect(() => parseCalendar(body)).toThrow(message);
    expect(() => parseCalendar(body)).toThrow(expect.objectContaining({ code: 'bad_response' }));
  });
});
