import type { Minute } from './bar.ts';

const format = new Intl.DateTimeFormat('en-US', { timeZone: 'America/New_York', timeZoneName: 'longOffset' });
const offsets = new Map<number, number>();

/** How far New York is behind UTC at a minute, in minutes: 240 in summer, 300 in winter. */
export function newYorkOffset(minute: Minute): number {
  // Daylight saving starts and ends on a whole hour of UTC, so an hour has one offset.
  const hour = Math.floor(minute / 60);
  let offset = offsets.get(hour);
  if (offset === undefined) {
    const name = format.formatToParts(hour * 3_600_000).find((part) => part.type === 'timeZoneName')?.value;
    const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '') ?? [];
    offset = (sign === '-' ? 1 : -1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
    offsets.set(hour, offset);
  }
  return offset;
}

/** A day of New York, as whole days since 1970-01-01. */
export type Day = number;

/** The day of New York that a minute lies in. */
export function newYorkDay(minute: Minute): Day {
  return Math.floor((minute - newYorkOffset(minute)) / 1440);
}

/** The minute in which a clock in New York shows `clockMinute` (0 to 1439) on `day`. */
export function newYorkMinute(day: Day, clockMinute: number): Minute {
  const local = day * 1440 + clockMinute;
  // Ask at the guess itself: near a change of the clocks the first guess can be an hour off.
  const guess = local + newYorkOffset(local + 300);
  return local + newYorkOffset(guess);
}

/** `2026-01-14`. */
export function dateOf(day: Day): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** A time in New York with its offset: `2026-01-14T09:30:00-05:00`. */
export function newYorkIso(ms: number, digits: 0 | 9 = 0): string {
  const offset = newYorkOffset(Math.floor(ms / 60_000));
  const local = new Date(ms - offset * 60_000).toISOString();
  const part = digits === 0 ? '' : `.${local.slice(20, 23)}000000`;
  return `${local.slice(0, 19)}${part}-0${offset / 60}:00`;
}
