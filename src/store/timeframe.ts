import { FleeceError } from '../errors.ts';

/** The length of a bar's bucket. Days start at midnight in New York, all others at fixed UTC times. */
export interface Timeframe {
  readonly unit: 'minute' | 'day';
  /** Minutes for `minute`; always 1 for `day`. */
  readonly count: number;
}

export const oneMinute: Timeframe = { unit: 'minute', count: 1 };

const form = 'it has to be [1-59]Min, [1-23]Hour or 1Day';

/**
 * Read Alpaca's spelling: `5Min`, `15T`, `4Hour`, `1H`, `1Day`, `1D`.
 *
 * @throws FleeceError `usage` when it is not one of these.
 */
export function parseTimeframe(text: string): Timeframe {
  const match = /^(\d{1,2})(Min|T|Hour|H|Day|D)$/.exec(text);
  const count = Number(match?.[1]);
  const unit = match?.[2]?.[0];
  if ((unit === 'M' || unit === 'T') && count >= 1 && count <= 59) return { unit: 'minute', count };
  if (unit === 'H' && count >= 1 && count <= 23) return { unit: 'minute', count: count * 60 };
  if (unit === 'D' && count === 1) return { unit: 'day', count: 1 };
  throw new FleeceError('usage', `timeframe "${text.slice(0, 40)}": ${form}`);
}
