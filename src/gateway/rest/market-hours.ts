import { newYorkDate, toNewYorkIso } from '../../time/new-york.ts';
import type { Ask } from './data-world.ts';
import { choice } from './parameters.ts';
import { refuse } from './refusal.ts';

/** GET /v2/clock */
export function marketClock({ world }: Ask): string {
  const now = world.clock.now();
  const { isOpen, nextOpen, nextClose } = world.market.session(now);
  return JSON.stringify({
    timestamp: toNewYorkIso(now),
    is_open: isOpen,
    next_open: toNewYorkIso(nextOpen),
    next_close: toNewYorkIso(nextClose),
  });
}

/** GET /v2/calendar: trading days; without dates, those that Alpaca has: 1970 to 2029. */
export function marketCalendar({ world, query }: Ask): string {
  choice(query, 'date_type', ['TRADING'], 'TRADING');
  const start = dateOf(query, 'start') ?? '1970-01-01';
  const end = dateOf(query, 'end') ?? '2029-12-31';
  return JSON.stringify(world.market.calendar(start, end));
}

function dateOf(query: URLSearchParams, name: 'start' | 'end'): string | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const instant = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant))
    throw refuse(400, `invalid ${name}: ${text.slice(0, 40)} is not a date, YYYY-MM-DD`);
  return text.length === 10 ? text : newYorkDate(instant);
}
