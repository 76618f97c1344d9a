import { type Day, dateOf } from './new-york.ts';

/** The exchange's hours on a trading day, in minutes after midnight of New York. */
export interface TradingDay {
  readonly day: Day;
  readonly date: string;
  readonly open: number;
  readonly close: number;
  readonly sessionOpen: number;
  readonly sessionClose: number;
}

/** Closings that follow no rule: storms, mourning, attacks. */
const closings = new Set([
  '1985-09-27',
  '1994-04-27',
  '2001-09-11',
  '2001-09-12',
  '2001-09-13',
  '2001-09-14',
  '2004-06-11',
  '2007-01-02',
  '2012-10-29',
  '2012-10-30',
  '2018-12-05',
  '2025-01-09',
]);

const known = new Map<Day, TradingDay | undefined>();

/** The hours of a day, or undefined when the exchange is closed. */
export function tradingDay(day: Day): TradingDay | undefined {
  if (!known.has(day)) known.set(day, workOut(day));
  return known.get(day);
}

/** The first trading day at or after `day` (step 1), or the last at or before it (step -1). */
export function nextTradingDay(day: Day, step: 1 | -1): TradingDay {
  for (let look = day; ; look += step) {
    const found = tradingDay(look);
    if (found) return found;
  }
}

function workOut(day: Day): TradingDay | undefined {
  const weekday = weekdayOf(day);
  const date = dateOf(day);
  if (weekday === 0 || weekday === 6 || closings.has(date) || isHoliday(day)) return undefined;
  const short = closesEarly(day);
  return {
    day,
    date,
    open: 9 * 60 + 30,
    close: (short ? 13 : 16) * 60,
    sessionOpen: 4 * 60,
    sessionClose: (short ? 17 : 20) * 60,
  };
}

/** 0 is Sunday. 1970-01-01 was a Thursday. */
function weekdayOf(day: Day): number {
  return (((day + 4) % 7) + 7) % 7;
}

function isHoliday(day: Day): boolean {
  const year = new Date(day * 86_400_000).getUTCFullYear();
  return holidaysOf(year).has(day);
}

const holidays = new Map<number, ReadonlySet<Day>>();

function holidaysOf(year: number): ReadonlySet<Day> {
  let set = holidays.get(year);
  if (!set) {
    set = new Set([
      // New Year's Day on a Saturday is not moved to Friday: that Friday closes the books of the year.
      weekdayOf(dayOf(year, 1, 1)) === 0 ? dayOf(year, 1, 2) : dayOf(year, 1, 1),
      ...(year >= 1998 ? [nthWeekday(year, 1, 1, 3)] : []),
      nthWeekday(year, 2, 1, 3),
      easter(year) - 2,
      lastMonday(year, 5),
      ...(year >= 2022 ? [observed(dayOf(year, 6, 19))] : []),
      observed(dayOf(year, 7, 4)),
      nthWeekday(year, 9, 1, 1),
      thanksgiving(year),
      observed(dayOf(year, 12, 25)),
    ]);
    holidays.set(year, set);
  }
  return set;
}

/** The day after Thanksgiving; the day before Independence Day and before Christmas where both are weekdays. */
function closesEarly(day: Day): boolean {
  const year = new Date(day * 86_400_000).getUTCFullYear();
  if (day === thanksgiving(year) + 1) return true;
  const eve = day === dayOf(year, 7, 3) || day === dayOf(year, 12, 24);
  return eve && weekdayOf(day + 1) >= 2 && weekdayOf(day + 1) <= 5;
}

function dayOf(year: number, month: number, date: number): Day {
  return Date.UTC(year, month - 1, date) / 86_400_000;
}

/** A holiday on a Saturday is kept on Friday, one on a Sunday on Monday. */
function observed(day: Day): Day {
  const weekday = weekdayOf(day);
  return weekday === 6 ? day - 1 : weekday === 0 ? day + 1 : day;
}

function nthWeekday(year: number, month: number, weekday: number, nth: number): Day {
  const first = dayOf(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (nth - 1);
}

function lastMonday(year: number, month: number): Day {
  const last = dayOf(year, month + 1, 1) - 1;
  return last - ((weekdayOf(last) + 6) % 7);
}

function thanksgiving(year: number): Day {
  return nthWeekday(year, 11, 4, 4);
}

/** Easter Sunday by the anonymous Gregorian computus. */
function easter(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
  return dayOf(year, Math.floor(f / 31), (f % 31) + 1);
}
