import { FleeceError } from '../../errors.ts';
import type { Stretch } from '../../ledger/account-stretch.ts';
import { type Feed, sipDelayMinutes } from '../../market/feed.ts';
import { parseIsoDate } from '../../time/calendar-date.ts';
import type { EpochMs } from '../../time/clock.ts';
import { addMinutes, type EpochMinute, minuteOf, msPerMinute, openFrom } from '../../time/minute.ts';
import { fromNewYork } from '../../time/new-york.ts';
import { FaultyText, instant, type Reader } from '../config/readers.ts';

const form =
  'has to be a date in New York such as 2026-01-14, or an ISO time with its offset such as 2026-01-14T14:30:00Z';

/** Reads `--from`: the first minute of a New York date, or the first that starts at or after a time. */
export const firstMinute: Reader<EpochMinute> = (text) => {
  const day = parseIsoDate(text);
  if (day !== undefined) return fromNewYork(day, 0);
  return Math.ceil(timeOf(text) / msPerMinute) as EpochMinute;
};

/** Reads `--to`: the last minute of a New York date, or the one that a time lies in. */
export const lastMinute: Reader<EpochMinute> = (text) => {
  const day = parseIsoDate(text);
  return day === undefined ? minuteOf(timeOf(text)) : addMinutes(fromNewYork(day + 1, 0), -1);
};

function timeOf(text: string): EpochMs {
  // A date that gets here is none, as 2026-02-30: the reader of times would make it a day in March.
  if (!text.includes('T')) throw new FaultyText(form);
  try {
    return instant(text);
  } catch {
    throw new FaultyText(form);
  }
}

/** The minutes from the first to the last, both inclusive, as a half-open stretch. */
export function rangeOf(first: EpochMinute, last: EpochMinute): Stretch {
  if (first > last) throw new FleeceError('usage', '--from has to lie before --to');
  return { from: first, to: addMinutes(last, 1) };
}

/** The first minute that may still change, or that the plan may not read yet. */
export function settledUntil(now: EpochMs, feed: Feed, lookback: number): EpochMinute {
  return openFrom(now, feed === 'sip' ? Math.max(sipDelayMinutes, lookback) : lookback);
}

/** `range` without its minutes from `until` on. */
export function cutAt(range: Stretch, until: EpochMinute): Stretch {
  const { from, to } = range;
  return to <= until ? range : { from, to: until < from ? from : until };
}
