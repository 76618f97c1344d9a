import type { EpochMinute } from './minute.ts';

/** A date without a time or a zone, `2026-01-14`. Such texts compare as their dates do. */
export type IsoDate = string;

/** A date as a whole number of days since 1970-01-01. */
export type EpochDay = number;

export const msPerDay = 86_400_000;
export const minutesPerDay = 1440;

const form = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The day that `text` names, or undefined when it is no date, as `2026-02-30`. */
export function parseIsoDate(text: string): EpochDay | undefined {
  const [, year, month, day] = form.exec(text) ?? [];
  if (year === undefined) return undefined;
  const epochDay = toEpochDay(Number(year), Number(month), Number(day));
  return toIsoDate(epochDay) === text ? epochDay : undefined;
}

/** `month` counts from 1. */
export function toEpochDay(year: number, month: number, day: number): EpochDay {
  return Math.floor(Date.UTC(year, month - 1, day) / msPerDay);
}

export function toIsoDate(epochDay: EpochDay): IsoDate {
  return new Date(epochDay * msPerDay).toISOString().slice(0, 10);
}

/** 0 for Sunday to 6 for Saturday. */
export function weekdayOf(epochDay: EpochDay): number {
  return (((epochDay + 4) % 7) + 7) % 7;
}

/** A day of the exchange. Each `close` is the first minute after, so that a session has `close - open` minutes. */
export interface TradingDay {
  readonly date: IsoDate;
  /** The regular session: 09:30 to 16:00 in New York, to 13:00 on days that close early. */
  readonly open: EpochMinute;
  readonly close: EpochMinute;
  /** The session with pre-market and after-hours: 04:00 to 20:00, to 17:00 on days that close early. */
  readonly sessionOpen: EpochMinute;
  readonly sessionClose: EpochMinute;
}
