import { FleeceError } from '../errors.ts';
import { type EpochDay, minutesPerDay, parseIsoDate, type TradingDay } from './calendar-date.ts';
import { fromNewYork } from './new-york.ts';

const timeOfDay = /^(\d{2}):?(\d{2})$/;

/**
 * The trading days of a `/v2/calendar` body, in order of date.
 *
 * @throws FleeceError `bad_response` that names the row and the field.
 */
export function parseCalendar(body: unknown): TradingDay[] {
  if (!Array.isArray(body)) throw wrong('the body', body, 'an array of trading days');
  const days = body.map(parseRow).sort((a, b) => a.open - b.open);
  const repeated = days.find((day, index) => day.date === days[index - 1]?.date);
  if (repeated) throw wrong('"date"', repeated.date, 'a day that no other row has');
  return days;
}

function parseRow(row: unknown, index: number): TradingDay {
  if (typeof row !== 'object' || row === null) throw wrong(`row ${index}`, row, 'a trading day');
  const fields = row as Readonly<Record<string, unknown>>;
  const { date } = fields;
  const day = typeof date === 'string' ? parseIsoDate(date) : undefined;
  if (typeof date !== 'string' || day === undefined) {
    throw wrong(`"date" of row ${index}`, date, 'a date such as 2026-01-14');
  }
  const at = (field: string) => minuteAt(day, fields[field], `"${field}" of ${date}`);
  const open = at('open');
  const close = at('close');
  const sessionOpen = 'session_open' in fields ? at('session_open') : open;
  const sessionClose = 'session_close' in fields ? at('session_close') : close;
  if (!(sessionOpen <= open && open < close && close <= sessionClose)) {
    throw wrong(`the row of ${date}`, JSON.stringify(row), 'session_open <= open < close <= session_close');
  }
  return { date, open, close, sessionOpen, sessionClose };
}

/** A time of day, which Alpaca writes `09:30` in some fields and `0400` in others. */
function minuteAt(day: EpochDay, value: unknown, name: string) {
  const [, hours, minutes] = (typeof value === 'string' && timeOfDay.exec(value)) || [];
  const minute = Number(hours) * 60 + Number(minutes);
  if (hours === undefined || Number(minutes) > 59 || minute > minutesPerDay) {
    throw wrong(name, value, 'a time of day such as 09:30');
  }
  return fromNewYork(day, minute);
}

function wrong(name: string, value: unknown, right: string): FleeceError {
  const shown = (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing')).slice(0, 200);
  return new FleeceError(
    'bad_response',
    `the answer of /v2/calendar: ${name} is ${shown} instead of ${right}`,
  );
}
