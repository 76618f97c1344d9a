import { type EpochDay, type IsoDate, minutesPerDay, toIsoDate } from './calendar-date.ts';
import type { EpochMs } from './clock.ts';
import { type EpochMinute, minuteOf, msPerMinute } from './minute.ts';

/** The date and the time of day that clocks in New York show. */
export interface NewYorkTime {
  readonly day: EpochDay;
  /** Whole minutes since midnight by the clock: 570 is 09:30. */
  readonly minuteOfDay: number;
}

const format = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
});

/** New York's offset during one UTC day, in minutes east of UTC: it changes at most once, at `changeAt`. */
interface OffsetDay {
  readonly utcDay: number;
  readonly before: number;
  readonly after: number;
  readonly changeAt: EpochMinute;
}

/** Enough for a century; a program that walks farther starts over. */
const mostOffsetDays = 40_000;
const offsetDays = new Map<number, OffsetDay>();
let latest: OffsetDay | undefined;

/** New York's offset at `minute`, in minutes east of UTC: -300 in winter, -240 in summer. */
export function newYorkOffset(minute: EpochMinute): number {
  const utcDay = Math.floor(minute / minutesPerDay);
  const known = latest?.utcDay === utcDay ? latest : (offsetDays.get(utcDay) ?? learn(utcDay));
  latest = known;
  return minute < known.changeAt ? known.before : known.after;
}

/** Asks Intl, which is slow: twice for a day, some ten times more for a day with a change. */
function learn(utcDay: number): OffsetDay {
  const start = utcDay * minutesPerDay;
  const before = askIntl(start);
  const after = askIntl(start + minutesPerDay);
  const changeAt = (before === after ? start : findChange(start, before)) as EpochMinute;
  const found = { utcDay, before, after, changeAt };
  if (offsetDays.size >= mostOffsetDays) offsetDays.clear();
  offsetDays.set(utcDay, found);
  return found;
}

/** The first minute of the day from `start` on whose offset is no longer `before`. */
function findChange(start: number, before: number): number {
  let low = start;
  let high = start + minutesPerDay;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (askIntl(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function askIntl(minute: number): number {
  const parts = new Map(
    format.formatToParts(minute * msPerMinute).map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return shown / msPerMinute - minute;
}

/** What clocks in New York show during `minute`. */
export function toNewYork(minute: EpochMinute): NewYorkTime {
  const shown = minute + newYorkOffset(minute);
  const day = Math.floor(shown / minutesPerDay);
  return { day, minuteOfDay: shown - day * minutesPerDay };
}

/**
 * The minute in which clocks in New York show `minuteOfDay` of `day`. Of a time that they show twice it is the
 * first; a time that they skip in spring stands for the one an hour later.
 */
export function fromNewYork(day: EpochDay, minuteOfDay: number): EpochMinute {
  const shown = day * minutesPerDay + minuteOfDay;
  const earlier = newYorkOffset((shown - minutesPerDay) as EpochMinute);
  const later = newYorkOffset((shown + minutesPerDay) as EpochMinute);
  for (const offset of [earlier, later]) {
    const minute = (shown - offset) as EpochMinute;
    if (newYorkOffset(minute) === offset) return minute;
  }
  return (shown - earlier) as EpochMinute;
}

/** The date in New York at `instant`. */
export function newYorkDate(instant: EpochMs): IsoDate {
  return toIsoDate(toNewYork(minuteOf(instant)).day);
}

/** `instant` with New York's offset, as the service's clock writes it: `2026-06-24T14:15:22-04:00`. */
export function toNewYorkIso(instant: EpochMs): string {
  const offset = newYorkOffset(minuteOf(instant));
  const shown = new Date(instant + offset * msPerMinute).toISOString().slice(0, 19);
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  return `${shown}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `instant` for a person to read: `Mon 2026-06-29 04:00 New York`. */
export function describeNewYork(instant: EpochMs): string {
  const shown = new Date(instant + newYorkOffset(minuteOf(instant)) * msPerMinute);
  const text = shown.toISOString();
  return `${weekdays[shown.getUTCDay()]} ${text.slice(0, 10)} ${text.slice(11, 16)} New York`;
}
