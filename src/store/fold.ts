import type { Timeframe } from './timeframe.ts';

const minutesPerDay = 1_440;

/** Minutes that a bucket can have: a day has 25 hours when the clocks go back. */
export function longestBucket({ unit, count }: Timeframe): number {
  return unit === 'day' ? minutesPerDay + 60 : count;
}

/** SQL for the start of the bucket that `minute` lies in. */
function bucketSql({ unit, count }: Timeframe): string {
  if (unit === 'day')
    return `timezone('America/New_York', date_trunc('day', timezone('America/New_York', minute)))`;
  const length = count * 60_000_000;
  return `make_timestamptz(epoch_us(minute) // ${length} * ${length})`;
}

/**
 * SQL that folds the minute bars of `source` into bars of `timeframe`: first open, highest high, lowest low,
 * last close, sums of volume and trades, and VWAP weighted with the volume (the plain mean where there is
 * none).
 */
export function foldSql(source: string, timeframe: Timeframe): string {
  if (timeframe.unit === 'minute' && timeframe.count === 1) return source;
  return `
    SELECT symbol, bucket AS minute, arg_min(o, minute) AS o, max(h) AS h, min(l) AS l, arg_max(c, minute) AS c,
      sum(v) AS v, sum(n) AS n, coalesce(sum(vw * v) / nullif(sum(v), 0), avg(vw)) AS vw
    FROM (SELECT *, ${bucketSql(timeframe)} AS bucket FROM (${source}))
    GROUP BY symbol, bucket`;
}
