import type { EpochMs } from './clock.ts';

declare const minuteBrand: unique symbol;

/** A minute, named by its start: whole minutes since 1970-01-01T00:00Z. */
export type EpochMinute = number & { readonly [minuteBrand]: 'EpochMinute' };

export const msPerMinute = 60_000;

/** The minute that `instant` lies in. */
export function minuteOf(instant: EpochMs): EpochMinute {
  return Math.floor(instant / msPerMinute) as EpochMinute;
}

/** The instant at which `minute` starts. */
export function startOf(minute: EpochMinute): EpochMs {
  return minute * msPerMinute;
}

/** The instant at which `minute` is over. */
export function closeOf(minute: EpochMinute): EpochMs {
  return (minute + 1) * msPerMinute;
}

/** `minute` moved by a whole number of minutes. */
export function addMinutes(minute: EpochMinute, count: number): EpochMinute {
  return (minute + count) as EpochMinute;
}

/** The last minute that is over at `instant`. */
export function lastClosed(instant: EpochMs): EpochMinute {
  return (minuteOf(instant) - 1) as EpochMinute;
}

/** The first minute that may still bring a bar or a revision at `instant`, minutes being open for `lookback` minutes. */
export function openFrom(instant: EpochMs, lookback: number): EpochMinute {
  return (minuteOf(instant) - lookback) as EpochMinute;
}

/** The last minute that was spelled: the bars of an answer nearly all name the same one. */
let spelled: { readonly minute: EpochMinute; readonly text: string } | undefined;

/** Alpaca's spelling of a whole minute: `2026-01-14T14:30:00Z`. */
export function toIsoMinute(minute: EpochMinute): string {
  if (spelled?.minute === minute) return spelled.text;
  const text = `${new Date(startOf(minute)).toISOString().slice(0, 19)}Z`;
  spelled = { minute, text };
  return text;
}
