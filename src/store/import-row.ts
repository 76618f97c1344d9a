import { FleeceError } from '../errors.ts';
import type { Bar } from '../market/bar.ts';
import { type Feed, stockFeeds } from '../market/feed.ts';
import { type MarketSymbol, symbolFault } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import { minuteOf, msPerMinute } from '../time/minute.ts';

/** The fields of a bar as a file has them: text, numbers, or nothing. */
export type RawBar = Readonly<Record<string, unknown>>;

/** What a file need not say. */
export interface ImportDefaults {
  readonly feed: Feed;
  readonly receivedAt: EpochMs;
}

const feeds: readonly string[] = [...stockFeeds, 'crypto'];

/** Check a row and make it a bar. `where` names the file and line in the message. Throws FleeceError `usage`. */
export function toImportedBar(raw: RawBar, where: string, defaults: ImportDefaults): Bar {
  const fail = (why: string): never => {
    throw new FleeceError('usage', `${where}: ${why}`);
  };
  const prices = { o: price('o'), h: price('h'), l: price('l'), c: price('c') };
  if (prices.h < prices.l) fail(`h is ${prices.h}: it cannot be below l, which is ${prices.l}`);
  const v = size('v');
  const n = size('n');
  if (!Number.isInteger(n) || n > 2_147_483_647) fail(`n is ${n}: it has to be a whole number below 2^31`);
  return {
    type: 'bar',
    symbol: symbolOf(raw.symbol),
    minute: minuteOf(instant('minute', raw.minute, msPerMinute)),
    ...prices,
    v,
    n,
    // Without trades to weight, the close is the one price that is surely the minute's own.
    vw: isAbsent(raw.vw) ? prices.c : price('vw'),
    feed: feedOf(raw.feed),
    receivedAt: isAbsent(raw.received_at)
      ? defaults.receivedAt
      : instant('received_at', raw.received_at, 0.001),
    version: 1,
  };

  function number(name: string): number {
    const value = raw[name];
    const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof parsed !== 'number' || !Number.isFinite(parsed))
      return fail(`${name} is ${shown(value)}: it has to be a number`);
    return parsed;
  }

  function price(name: string): number {
    const value = number(name);
    return value >= 0 ? value : fail(`${name} is ${value}: it cannot be below 0`);
  }

  function size(name: string): number {
    return isAbsent(raw[name]) ? 0 : price(name);
  }

  function symbolOf(value: unknown): MarketSymbol {
    if (typeof value !== 'string') return fail(`symbol is ${shown(value)}: it has to be a text`);
    const fault = symbolFault(value);
    return fault ? fail(`symbol ${shown(value)}: ${fault}`) : (value as MarketSymbol);
  }

  function feedOf(value: unknown): Feed {
    if (isAbsent(value)) return defaults.feed;
    const known = typeof value === 'string' && feeds.includes(value);
    return known ? (value as Feed) : fail(`feed is ${shown(value)}: it has to be one of ${feeds.join(', ')}`);
  }

  function instant(name: string, value: unknown, step: number): EpochMs {
    const form = `${name} is ${shown(value)}: it has to be a time such as 2026-01-14T14:30:00Z`;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value !== 'string' || !/T.*(?:Z|[+-]\d\d:\d\d)$/.test(value)) return fail(form);
    const ms = parseInstant(value);
    if (Number.isNaN(ms)) return fail(form);
    if (step >= 1 && ms % step !== 0) return fail(`${name} is ${shown(value)}: it has to be a whole minute`);
    return ms;
  }
}

/** As `Date.parse`, without losing microseconds. */
function parseInstant(text: string): EpochMs {
  const micros = /\.\d{3}(\d{1,3})\d*(?:Z|[+-])/.exec(text)?.[1];
  return Date.parse(text) + (micros ? Number(micros.padEnd(3, '0')) / 1_000 : 0);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 60);
}
