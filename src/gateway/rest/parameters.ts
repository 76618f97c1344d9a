import { isCryptoPair, type MarketSymbol, symbolFault } from '../../market/symbol.ts';
import type { EpochMs } from '../../time/clock.ts';
import { msPerMinute } from '../../time/minute.ts';
import { fromNewYork } from '../../time/new-york.ts';
import { refuse } from './refusal.ts';

const msPerDay = 86_400_000;

/** @throws FleeceError `bad_request` in Alpaca's words when it is absent or empty. */
export function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') {
    throw refuse(400, `Invalid format for parameter ${name}: query parameter '${name}' is required`);
  }
  return value;
}

const stockShape = /^[A-Z]{1,6}(\.[A-Z]{1,3})?$/;

/** The two wordings of a malformed symbol: of the history, and of the latest and snapshot endpoints. */
export type Wording = 'history' | 'latest';

/**
 * The stock symbols of a comma list, in the order of their characters, each once. `known` symbols pass whatever
 * they look like.
 *
 * @throws FleeceError `bad_request` that names the first that is none.
 */
export function stockSymbols(
  text: string,
  wording: Wording,
  known: (symbol: MarketSymbol) => boolean,
): MarketSymbol[] {
  const symbols = text.split(',') as MarketSymbol[];
  for (const symbol of symbols) {
    if (stockShape.test(symbol) || (symbolFault(symbol) === undefined && known(symbol))) continue;
    const message = `invalid symbol: ${symbol.slice(0, 100)}`;
    throw refuse(400, wording === 'history' ? message : `code=400, message=${message}`);
  }
  return inOrder(symbols);
}

/** The crypto pairs of a comma list. @throws FleeceError `bad_request` that names the first that is none. */
export function cryptoPairs(text: string): MarketSymbol[] {
  const pairs = text.split(',');
  const wrong = pairs.find((pair) => !isCryptoPair(pair));
  if (wrong !== undefined)
    throw refuse(400, `Invalid symbol(s): ${wrong.slice(0, 100)} does not match ^[A-Z]+/[A-Z]+$`);
  return inOrder(pairs as MarketSymbol[]);
}

function inOrder(symbols: readonly MarketSymbol[]): MarketSymbol[] {
  return [...new Set(symbols)].sort();
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const date = /^\d{4}-\d\d-\d\d$/;

/**
 * RFC 3339 with an offset; or a date, which stands for the start or the end of that day in New York.
 *
 * @throws FleeceError `bad_request` in Alpaca's words.
 */
export function instant(query: URLSearchParams, name: 'start' | 'end'): EpochMs | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const whole = date.test(text);
  const ms = whole || dateTime.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw refuse(400, badTime(name, text.slice(0, 100)));
  if (!whole) return ms;
  const day = Math.floor(ms / msPerDay);
  return (name === 'start' ? fromNewYork(day, 0) : fromNewYork(day + 1, 0) - 1) * msPerMinute;
}

function badTime(name: string, text: string): string {
  return (
    `Invalid format for parameter ${name}: error parsing '${text}' as RFC3339 or 2006-01-02 time: ` +
    `parsing time "${text}" as "2006-01-02": cannot parse "${text}" as "2006"`
  );
}

/** Bars of a page in all: 1,000 unless asked, 10,000 at most. @throws FleeceError `bad_request` beyond. */
export function pageLimit(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return 1_000;
  if (!/^-?\d{1,15}$/.test(text)) {
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

/** One of a few words. @throws FleeceError `bad_request` for any other. */
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
