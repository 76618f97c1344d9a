import type { CalendarRow, MarketClock } from '../../gateway/ports.ts';
import type { TradingDay } from '../../time/calendar-date.ts';
import { type EpochMinute, minuteOf } from '../../time/minute.ts';
import { newYorkDate, toNewYork } from '../../time/new-york.ts';
import type { MarketHours } from '../market-hours.ts';

const msPerDay = 24 * 60 * 60_000;

/** Weekends and holidays after which a trade settles, at most. */
const longestSettlement = 10;

/** The market's hours in the words of Alpaca's clock and calendar. */
export function marketClockOf(hours: MarketHours): MarketClock {
  return {
    session: (now) => ({
      isOpen: hours.calendar.isOpen(minuteOf(now), 'regular'),
      nextOpen: hours.calendar.nextOpen(now, 'regular'),
      nextClose: hours.calendar.nextClose(now, 'regular'),
    }),
    calendar: (start, end) => {
      const later = newYorkDate(Date.parse(end) + longestSettlement * msPerDay);
      const days = hours.calendar.tradingDays(start, later);
      return days.flatMap((day, at) => (day.date <= end ? [rowOf(day, days[at + 1])] : []));
    },
  };
}

/** Trades settle on the next trading day. */
function rowOf(day: TradingDay, next: TradingDay | undefined): CalendarRow {
  return {
    date: day.date,
    open: clockTime(day.open),
    close: clockTime(day.close),
    session_open: clockTime(day.sessionOpen).replace(':', ''),
    session_close: clockTime(day.sessionClose).replace(':', ''),
    settlement_date: (next ?? day).date,
  };
}

function clockTime(minute: EpochMinute): string {
  const { minuteOfDay } = toNewYork(minute);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}
