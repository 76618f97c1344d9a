import type { Ask } from './endpoint.ts';
import { refuse } from './exchange.ts';
import { type Day, dateOf, newYorkDay, newYorkIso, newYorkMinute } from './new-york.ts';
import { choice } from './parameters.ts';
import { nextTradingDay, type TradingDay, tradingDay } from './trading-days.ts';

/** GET /v2/clock: the exchange's hours, whatever hours the simulated market keeps. */
export function clock({ now }: Ask): string {
  const today = newYorkDay(Math.floor(now / 60_000));
  const session = tradingDay(today);
  const opens = session && openOf(session);
  const closes = session && closeOf(session);
  const isOpen = opens !== undefined && closes !== undefined && now >= opens && now < closes;
  const coming = opens !== undefined && now < opens ? session : undefined;
  const nextOpen = coming ?? nextTradingDay(today + 1, 1);
  const nextClose = isOpen && session ? session : nextOpen;
  return JSON.stringify({
    timestamp: newYorkIso(now, 9),
    is_open: isOpen,
    next_open: newYorkIso(openOf(nextOpen)),
    next_close: newYorkIso(closeOf(nextClose)),
  });
}

function openOf({ day, open }: TradingDay): number {
  return newYorkMinute(day, open) * 60_000;
}

function closeOf({ day, close }: TradingDay): number {
  return newYorkMinute(day, close) * 60_000;
}

const firstDay = Date.UTC(1970, 0, 1) / 86_400_000;
const lastDay = Date.UTC(2029, 11, 31) / 86_400_000;

/** GET /v2/calendar: the trading days of a range of dates, both inclusive; by default 1970 to 2029. */
export function calendar({ query }: Ask): string {
  const type = choice(query, 'date_type', ['TRADING', 'SETTLEMENT'], 'TRADING');
  const from = Math.max(firstDay, dayIn(query, 'start') ?? firstDay);
  const to = Math.min(lastDay, dayIn(query, 'end') ?? lastDay);
  const rows: string[] = [];
  // A settlement day belongs to a trading day at most two weeks before it.
  for (let day = type === 'TRADING' ? from : from - 14; day <= to; day++) {
    const session = tradingDay(day);
    if (!session) continue;
    const settles = settlementDay(day);
    if (type === 'SETTLEMENT' && (settles < from || settles > to)) continue;
    rows.push(rowJson(session, settles));
  }
  return `[${rows.join(',')}]`;
}

function rowJson(session: TradingDay, settles: Day): string {
  return JSON.stringify({
    close: clockTime(session.close, ':'),
    date: session.date,
    open: clockTime(session.open, ':'),
    session_close: clockTime(session.sessionClose, ''),
    session_open: clockTime(session.sessionOpen, ''),
    settlement_date: dateOf(settles),
  });
}

function clockTime(minute: number, colon: string): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}${colon}${two(minute % 60)}`;
}

const nextDaySettlement = Date.UTC(2024, 4, 28) / 86_400_000;
const secondDaySettlement = Date.UTC(2017, 8, 5) / 86_400_000;

/** One trading day later since 2024-05-28, two since 2017-09-05, three before. Bank holidays are left out. */
function settlementDay(day: Day): Day {
  const count = day >= nextDaySettlement ? 1 : day >= secondDaySettlement ? 2 : 3;
  let settles = day;
  for (let passed = 0; passed < count; passed++) settles = nextTradingDay(settles + 1, 1).day;
  return settles;
}

function dayIn(query: URLSearchParams, name: string): Day | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const ms = /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? Date.parse(text.slice(0, 10)) : Number.NaN;
  if (Number.isNaN(ms)) throw refuse(400, `invalid ${name}: ${text.slice(0, 100)}`);
  return ms / 86_400_000;
}
