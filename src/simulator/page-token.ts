import type { Minute } from './bar.ts';
import { refuse } from './exchange.ts';

/** Where a page begins: at this bar or, when it is gone, at the next one in the order of the answer. */
export interface Cursor {
  readonly symbol: string;
  readonly minute: Minute;
  /** True when the bar itself was on the page before (the older form of the token). */
  readonly after: boolean;
}

/** Base64 of `AAPL|M|1780504680000000000`: the next bar, in nanoseconds. `M` for minutes and hours, else `D`. */
export function encodeToken(symbol: string, minute: Minute, letter: 'M' | 'D'): string {
  return Buffer.from(`${symbol}|${letter}|${minute * 60_000}000000`, 'utf8').toString('base64');
}

/** @throws Refusal 400 for anything that is not a token. */
export function decodeToken(text: string): Cursor {
  const parts = Buffer.from(text, 'base64').toString('utf8').split('|');
  const [symbol, letter, time] = parts;
  if (parts.length !== 3 || !symbol || !/^[MD]$/.test(letter ?? '') || !time) throw wrong();
  if (/^\d{10,19}$/.test(time)) {
    return { symbol, minute: Math.floor(Number(time.slice(0, -6)) / 60_000), after: false };
  }
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(time) ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(instant)) throw wrong();
  return { symbol, minute: Math.floor(instant / 60_000), after: true };
}

function wrong() {
  return refuse(400, 'invalid page token');
}
