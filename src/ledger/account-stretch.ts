import type { EpochMinute } from '../time/minute.ts';

/** A run of minutes, half open: `from` is in it, `to` is the first minute after it. */
export interface Stretch {
  readonly from: EpochMinute;
  readonly to: EpochMinute;
}

/** The first minute at or after `minute` in which the market is open; never before `minute`. */
export type NextMinute = (minute: EpochMinute) => EpochMinute;

/** The calendar of a market that never closes. */
export const everyMinute: NextMinute = (minute) => minute;

/**
 * `stretches` (sorted, disjoint) and `added`, merged. Two stretches become one when no open minute lies
 * between them, so a weekend leaves no hole.
 */
export function addStretch(
  stretches: readonly Stretch[],
  added: Stretch,
  next: NextMinute = everyMinute,
): readonly Stretch[] {
  if (added.to <= added.from) return stretches;
  let { from, to } = added;
  const before: Stretch[] = [];
  const after: Stretch[] = [];
  for (const stretch of stretches) {
    if (!reaches(stretch.to, from, next)) before.push(stretch);
    else if (!reaches(to, stretch.from, next)) after.push(stretch);
    else {
      if (stretch.from < from) from = stretch.from;
      if (stretch.to > to) to = stretch.to;
    }
  }
  return [...before, { from, to }, ...after];
}

function reaches(end: EpochMinute, start: EpochMinute, next: NextMinute): boolean {
  return end >= start || next(end) >= start;
}

const none: readonly Stretch[] = [];

/** The parts of `window` that `stretches` leave open, without parts in which the market is closed. */
export function gapsIn(
  stretches: readonly Stretch[],
  window: Stretch,
  next: NextMinute = everyMinute,
): readonly Stretch[] {
  // Nearly every question is about minutes that one stretch holds.
  if (stretches.some(({ from, to }) => from <= window.from && window.to <= to)) return none;
  const gaps: Stretch[] = [];
  let from = window.from;
  const close = (to: EpochMinute) => {
    const start = next(from);
    if (start < to) gaps.push({ from: start, to });
  };
  for (const stretch of stretches) {
    if (stretch.to <= from) continue;
    if (stretch.from >= window.to) break;
    if (stretch.from > from) close(stretch.from);
    from = stretch.to;
  }
  if (from < window.to) close(window.to);
  return gaps;
}

/** True when `minute` lies in one of the sorted `stretches`. */
export function covers(stretches: readonly Stretch[], minute: EpochMinute): boolean {
  // The newest stretch is the one that is asked for nearly always.
  for (let at = stretches.length - 1; at >= 0; at--) {
    const stretch = stretches[at];
    if (stretch && stretch.from <= minute) return minute < stretch.to;
  }
  return false;
}
