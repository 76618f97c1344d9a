import { type MarketSymbol, symbolFault } from '../../market/symbol.ts';
import { type EpochMinute, msPerMinute } from '../../time/minute.ts';
import type { HistoryCursor } from '../ports.ts';
import { refuse } from './refusal.ts';

/** Names the bar that the next page begins with: base64 of `AAPL|M|1780504680000000000`, in nanoseconds. */
export function encodeToken({ symbol, minute }: HistoryCursor, unit: 'minute' | 'day'): string {
  const letter = unit === 'minute' ? 'M' : 'D';
  return Buffer.from(`${symbol}|${letter}|${minute * msPerMinute}000000`).toString('base64');
}

/** The bar that the page begins with. @throws FleeceError `bad_request` for anything that is no token. */
export function decodeToken(text: string): HistoryCursor {
  const parts = Buffer.from(text.slice(0, 200), 'base64').toString('utf8').split('|');
  const [symbol, letter, time] = parts;
  const minute = /^\d{10,19}$/.test(time ?? '') ? Number(time?.slice(0, -6)) / msPerMinute : Number.NaN;
  if (parts.length !== 3 || symbol === undefined || symbolFault(symbol) || !/^[MD]$/.test(letter ?? ''))
    throw refuse(400, 'invalid page token');
  if (!Number.isInteger(minute)) throw refuse(400, 'invalid page token');
  return { symbol: symbol as MarketSymbol, minute: minute as EpochMinute };
}
