import type { Minute } from './bar.ts';
import { newYorkDay, newYorkMinute } from './new-york.ts';

type Unit = 'Min' | 'Hour' | 'Day' | 'Week' | 'Month';

/** What one bar covers. */
export interface Timeframe {
  readonly unit: Unit;
  readonly count: number;
}

const units: Readonly<Record<string, Unit>> = {
  Min: 'Min',
  T: 'Min',
  Hour: 'Hour',
  H: 'Hour',
  Day: 'Day',
  D: 'Day',
  Week: 'Week',
  W: 'Week',
  Month: 'Month',
  M: 'Month',
};

const counts: Readonly<Record<Unit, (count: number) => boolean>> = {
  Min: (count) => count >= 1 && count <= 59,
  Hour: (count) => count >= 1 && count <= 23,
  Day: (count) => count === 1,
  Week: (count) => count === 1,
  Month: (count) => [1, 2, 3, 4, 6, 12].includes(count),
};

/** `1Min`, `15T`, `4Hour`, `1Day`, ...; undefined when it is none of them. */
export function parseTimeframe(text: string): Timeframe | undefined {
  const [, digits, name] = /^(\d{1,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)$/.exec(text) ?? [];
  const unit = units[name ?? ''];
  const count = Number(digits);
  return unit && counts[unit](count) ? { unit, count } : undefined;
}

/** True for the one timeframe that is not folded of others. */
export function isMinute({ unit, count }: Timeframe): boolean {
  return unit === 'Min' && count === 1;
}

/** The first minute of the bar that `minute` falls into. Days and longer begin at midnight of New York. */
export function bucketStart({ unit, count }: Timeframe, minute: Minute): Minute {
  if (unit === 'Min' || unit === 'Hour') {
    const size = unit === 'Min' ? count : count * 60;
    const midnight = Math.floor(minute / 1440) * 1440;
    return midnight + Math.floor((minute - midnight) / size) * size;
  }
  const day = newYorkDay(minute);
  if (unit === 'Day') return newYorkMinute(day, 0);
  if (unit === 'Week') return newYorkMinute(day - ((day + 3) % 7), 0);
  const date = new Date(day * 86_400_000);
  const month = Math.floor(date.getUTCMonth() / count) * count;
  return newYorkMinute(Date.UTC(date.getUTCFullYear(), month, 1) / 86_400_000, 0);
}

/** The first minute after the bar that begins at `start`. */
export function bucketEnd({ unit, count }: Timeframe, start: Minute): Minute {
  if (unit === 'Min' || unit === 'Hour') {
    const midnight = Math.floor(start / 1440) * 1440;
    return Math.min(start + (unit === 'Min' ? count : count * 60), midnight + 1440);
  }
  const day = newYorkDay(start);
  if (unit !== 'Month') return newYorkMinute(day + (unit === 'Day' ? 1 : 7), 0);
  const date = new Date(day * 86_400_000);
  return newYorkMinute(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1) / 86_400_000, 0);
}
