import type { Minute } from './bar.ts';
import { newYorkDay, newYorkMinute } from './new-york.ts';
import { nextTradingDay, type TradingDay } from './trading-days.ts';

/** When stocks trade: around the clock, 04:00 to 20:00, or 09:30 to 16:00 of New York (early closes kept). */
export type TradingHours = 'always' | 'extended' | 'regular';

/** The minute at or after `minute` (step 1), or at or before it (step -1), in which there is trading. */
export function tradingMinute(hours: TradingHours, minute: Minute, step: 1 | -1): Minute {
  if (hours === 'always') return minute;
  let session = nextTradingDay(newYorkDay(minute), step);
  for (;;) {
    const [open, close] = bounds(session, hours);
    if (minute >= open && minute < close) return minute;
    if (step === 1 && minute < open) return open;
    if (step === -1 && minute >= close) return close - 1;
    session = nextTradingDay(session.day + step, step);
  }
}

/** First minute of a session, and the first after it. */
function bounds(session: TradingDay, hours: 'extended' | 'regular'): readonly [Minute, Minute] {
  return hours === 'regular'
    ? [newYorkMinute(session.day, session.open), newYorkMinute(session.day, session.close)]
    : [newYorkMinute(session.day, session.sessionOpen), newYorkMinute(session.day, session.sessionClose)];
}
