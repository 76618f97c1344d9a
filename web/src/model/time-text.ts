/** Times as a trader reads them: in New York, with the zone named once where it matters. */
const clock = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const clockSeconds = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayOf = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' });
const shortDay = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
});

const msPerMinute = 60_000;

/** `10:31`. */
export const minuteText = (minute: number): string => clock.format(minute * msPerMinute);
/** `10:31`, or `Fri, Jan 16 04:00` when that is on another day than `now`. */
export function instantText(instant: number, now: number): string {
  const time = clock.format(instant);
  return dateText(instant) === dateText(now) ? time : `${shortDay.format(instant)} ${time}`;
}
export const secondsText = (instant: number): string => clockSeconds.format(instant);
/** `2026-01-14`. */
export const dateText = (instant: number): string => dayOf.format(instant);
export const dayText = (date: string): string => shortDay.format(Date.parse(`${date}T17:00:00Z`));

/** A rough length of time: `850 ms`, `4.2 s`, `12 min`, `3 h 05 min`, `2 d 4 h`. */
export function spanText(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(ms)} ms`;
  if (size < 120_000) return `${(ms / 1000).toFixed(size < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(size / 60_000);
  const sign = ms < 0 ? '-' : '';
  if (minutes < 60) return `${sign}${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${sign}${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${sign}${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const numbers = new Intl.NumberFormat('en-US');
export const countText = (count: number): string => numbers.format(count);
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

export function priceText(price: number): string {
  return price.toLocaleString('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: Math.abs(price) < 1 ? 6 : 4,
  });
}
