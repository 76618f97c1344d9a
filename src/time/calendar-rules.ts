import {
  type EpochDay,
  msPerDay,
  type TradingDay,
  toEpochDay,
  toIsoDate,
  weekdayOf,
} from './calendar-date.ts';
import { fromNewYork } from './new-york.ts';

/*
 * The calendar of the New York Stock Exchange by its rules (Rule 7.2 and its history). It is complete from 2005
 * on: before that some single days closed early, and before 1998 the holidays were others.
 */

const sunday = 0;
const monday = 1;
const thursday = 4;
const friday = 5;
const saturday = 6;

/** Closures that no rule foretells. */
const closures: ReadonlyMap<EpochDay, string> = new Map([
  ...[11, 12, 13, 14].map((day) => [toEpochDay(2001, 9, day), 'attacks of September 11'] as const),
  [toEpochDay(2004, 6, 11), 'mourning of President Reagan'],
  [toEpochDay(2007, 1, 2), 'mourning of President Ford'],
  [toEpochDay(2012, 10, 29), 'Hurricane Sandy'],
  [toEpochDay(2012, 10, 30), 'Hurricane Sandy'],
  [toEpochDay(2018, 12, 5), 'mourning of President G. H. W. Bush'],
  [toEpochDay(2025, 1, 9), 'mourning of President Carter'],
]);

const firstJuneteenth = 2022;

const regularOpen = 9 * 60 + 30;
const regularClose = 16 * 60;
const earlyClose = 13 * 60;
const extendedOpen = 4 * 60;
const extendedClose = 20 * 60;
/** After-hours trading lasts four hours, on days that close early too. */
const earlyExtendedClose = 17 * 60;

/** The trading day by the rules, or undefined on a weekend, a holiday, or a day of closure. */
export function tradingDayByRules(day: EpochDay): TradingDay | undefined {
  const weekday = weekdayOf(day);
  if (weekday === saturday || weekday === sunday || holidayOf(day) !== undefined) return undefined;
  const early = closesEarly(day);
  return {
    date: toIsoDate(day),
    open: fromNewYork(day, regularOpen),
    close: fromNewYork(day, early ? earlyClose : regularClose),
    sessionOpen: fromNewYork(day, extendedOpen),
    sessionClose: fromNewYork(day, early ? earlyExtendedClose : extendedClose),
  };
}

/** Why the exchange is closed on a day from Monday to Friday, or undefined when it is not. */
export function holidayOf(day: EpochDay): string | undefined {
  return closures.get(day) ?? holidaysOf(new Date(day * msPerDay).getUTCFullYear()).get(day);
}

const years = new Map<number, ReadonlyMap<EpochDay, string>>();

function holidaysOf(year: number): ReadonlyMap<EpochDay, string> {
  const known = years.get(year) ?? listHolidays(year);
  years.set(year, known);
  return known;
}

function listHolidays(year: number): ReadonlyMap<EpochDay, string> {
  const newYear = toEpochDay(year, 1, 1);
  return new Map([
    // On a Saturday it is not made up for on Friday, which ends a year of accounts.
    [weekdayOf(newYear) === sunday ? newYear + 1 : newYear, "New Year's Day"],
    [nthWeekday(year, 1, monday, 3), 'Martin Luther King Jr. Day'],
    [nthWeekday(year, 2, monday, 3), "Presidents' Day"],
    [easterOf(year) - 2, 'Good Friday'],
    [lastMondayOfMay(year), 'Memorial Day'],
    ...(year >= firstJuneteenth ? [[observed(toEpochDay(year, 6, 19)), 'Juneteenth'] as const] : []),
    [observed(toEpochDay(year, 7, 4)), 'Independence Day'],
    [nthWeekday(year, 9, monday, 1), 'Labor Day'],
    [thanksgivingOf(year), 'Thanksgiving'],
    [observed(toEpochDay(year, 12, 25)), 'Christmas'],
  ]);
}

/** A holiday on a Saturday is kept on Friday, one on a Sunday on Monday. */
function observed(day: EpochDay): EpochDay {
  const weekday = weekdayOf(day);
  if (weekday === saturday) return day - 1;
  return weekday === sunday ? day + 1 : day;
}

/** On 3 July, Christmas Eve (both only from Monday to Thursday: else they are the holiday) and after Thanksgiving. */
function closesEarly(day: EpochDay): boolean {
  const date = new Date(day * msPerDay);
  const monthDay = (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
  const toThursday = weekdayOf(day) < friday;
  if (monthDay === 703 || monthDay === 1224) return toThursday;
  return day === thanksgivingOf(date.getUTCFullYear()) + 1;
}

function thanksgivingOf(year: number): EpochDay {
  return nthWeekday(year, 11, thursday, 4);
}

function nthWeekday(year: number, month: number, weekday: number, n: number): EpochDay {
  const first = toEpochDay(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1);
}

function lastMondayOfMay(year: number): EpochDay {
  const last = toEpochDay(year, 5, 31);
  return last - ((weekdayOf(last) - monday + 7) % 7);
}

/** Easter Sunday in the Gregorian calendar, after Meeus, Jones and Butcher. */
function easterOf(year: number): EpochDay {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const monthDay = h + l - 7 * m + 114;
  return toEpochDay(year, Math.floor(monthDay / 31), (monthDay % 31) + 1);
}
