import type { EpochMs } from '../time/clock.ts';
import { refuse } from './exchange.ts';
import { newYorkDay, newYorkMinute } from './new-york.ts';
import { isPair, isStockSymbol } from './symbol-grammar.ts';

/** @throws Refusal 400 in the service's words. */
export function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') {
    throw refuse(400, `Invalid format for parameter ${name}: query parameter '${name}' is required`);
  }
  return value;
}

/** Which endpoint asks: the history and the latest endpoints word the same refusal differently. */
export type Spelling = 'history' | 'latest';

/** The symbols of a comma list, in order of the alphabet. @throws Refusal 400 that names the first bad one. */
export function stockSymbols(text: string, spelling: Spelling): string[] {
  const symbols = text.split(',');
  for (const symbol of symbols) {
    if (isStockSymbol(symbol)) continue;
    const message = `invalid symbol: ${symbol}`;
    throw refuse(400, spelling === 'history' ? message : `code=400, message=${message}`);
  }
  return inOrder(symbols);
}

/** The pairs of a comma list, in order of the alphabet. @throws Refusal 400 that names the first bad one. */
export function cryptoPairsIn(text: string): string[] {
  const pairs = text.split(',');
  for (const pair of pairs) {
    if (!isPair(pair)) throw refuse(400, `Invalid symbol(s): ${pair} does not match ^[A-Z]+/[A-Z]+$`);
  }
  return inOrder(pairs);
}

function inOrder(symbols: readonly string[]): string[] {
  return [...new Set(symbols)].sort();
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const date = /^\d{4}-\d\d-\d\d$/;

/**
 * RFC 3339 with an offset, or a date: the start or the end of that day in New York.
 *
 * @throws Refusal 400 in the service's words.
 */
export function instant(query: URLSearchParams, name: 'start' | 'end'): EpochMs | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const whole = date.test(text);
  const ms = whole || dateTime.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw badTime(name, text);
  if (!whole) return ms;
  const day = Math.floor(ms / 86_400_000);
  return name === 'start' ? newYorkMinute(day, 0) * 60_000 : newYorkMinute(day + 1, 0) * 60_000 - 1;
}

function badTime(name: string, text: string) {
  const shown = text.slice(0, 100);
  return refuse(
    400,
    `Invalid format for parameter ${name}: error parsing '${shown}' as RFC3339 or 2006-01-02 time: ` +
      `parsing time "${shown}" as "2006-01-02": cannot parse "${shown}" as "2006"`,
  );
}

/** The start of the day of New York that `now` lies in. */
export function startOfDay(now: EpochMs): EpochMs {
  return newYorkMinute(newYorkDay(Math.floor(now / 60_000)), 0) * 60_000;
}

/** How many bars a page may hold in all: 1,000 unless asked, 10,000 at most. @throws Refusal 400 beyond. */
export function pageLimit(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return 1_000;
  if (!/^-?\d{1,18}$/.test(text)) {
    throw refuse(
      400,
      `Invalid format for parameter limit: error binding string parameter: strconv.ParseInt: parsing "${text.slice(0, 100)}": invalid syntax`,
    );
  }
  const limit = Number(text);
  if (limit < 1 || limit > 10_000)
    throw refuse(400, `invalid limit: ${limit}, it must be between 1 and 10000`);
  return limit;
}

/** @throws Refusal 400 for a value that is not one of `allowed`. */
export function choice<T extends string>(
  query: URLSearchParams,
  name: string,
  allowed: readonly T[],
  otherwise: T,
): T {
  const text = query.get(name);
  if (text === null) return otherwise;
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw refuse(400, `invalid ${name}: ${text.slice(0, 100)}`);
  return found;
}
