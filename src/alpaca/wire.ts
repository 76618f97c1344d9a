import { FleeceError } from '../errors.ts';
import type { BarRow } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import { type EpochMinute, msPerMinute } from '../time/minute.ts';

/** A page of bars as the service sends it, checked. */
export interface WirePage {
  readonly rows: ReadonlyMap<MarketSymbol, readonly BarRow[]>;
  readonly nextPageToken: string | null;
}

/**
 * Read a `{"bars":{SYMBOL:[...]},"next_page_token":...}` body. `bars` may be null, a symbol may be absent.
 * Written by hand, since every bar of every page goes through it. Rows are the objects of the body, and may have
 * further members. `body` is not to be used afterwards.
 *
 * @throws FleeceError `bad_response` (retryable) when the body is not what the protocol promises.
 */
export function parsePage(body: unknown, asked: ReadonlySet<string>): WirePage {
  if (!isRecord(body)) throw malformed('the body is not an object');
  const token = body['next_page_token'] ?? null;
  if (token !== null && typeof token !== 'string') throw malformed('next_page_token is not a string');
  const bars = body['bars'] ?? {};
  if (!isRecord(bars)) throw malformed('bars is not an object');
  const minutes: MinuteCache = new Map();
  const rows = new Map<MarketSymbol, readonly BarRow[]>();
  for (const symbol in bars) {
    // A symbol that nobody asked for can't be delivered to anybody.
    if (asked.has(symbol)) rows.set(symbol as MarketSymbol, parseRows(symbol, bars[symbol], minutes));
  }
  return { rows, nextPageToken: token === '' ? null : token };
}

type MinuteCache = Map<string, EpochMinute>;

function parseRows(symbol: string, list: unknown, minutes: MinuteCache): BarRow[] {
  if (list === null) return [];
  if (!Array.isArray(list)) throw malformed(`the bars of ${symbol} are not a list`);
  const rows = list.map((item: unknown) => parseRow(symbol, item, minutes));
  const sorted = rows.every((row, at) => at === 0 || row.minute > (rows[at - 1] as BarRow).minute);
  return sorted ? rows : inOrder(rows);
}

/** In order of time, and of rows for one minute the last. */
function inOrder(rows: readonly BarRow[]): BarRow[] {
  const byMinute = new Map(rows.map((row) => [row.minute, row]));
  return [...byMinute.values()].sort((a, b) => a.minute - b.minute);
}

function parseRow(symbol: string, item: unknown, minutes: MinuteCache): BarRow {
  if (!isRecord(item)) throw malformed(`a bar of ${symbol} is not an object`);
  const { t, o, h, l, c, v, n, vw } = item;
  if (
    typeof t !== 'string' ||
    !isNumber(o) ||
    !isNumber(h) ||
    !isNumber(l) ||
    !isNumber(c) ||
    !isNumber(v) ||
    !isNumber(n) ||
    !isNumber(vw)
  ) {
    throw malformed(`a bar of ${symbol} lacks one of t, o, h, l, c, v, n, vw`);
  }
  if (!Number.isInteger(n) || n < 0 || n > mostTrades) throw malformed(`a bar of ${symbol} has ${n} trades`);
  let minute = minutes.get(t);
  if (minute === undefined) {
    minute = parseMinute(symbol, t);
    minutes.set(t, minute);
  }
  return asRow(item, minute);
}

/**
 * The parsed object itself becomes the row. A copy of each would be half of all garbage, and V8, which sees some
 * of them live through a collection, would put them all where only a full collection finds them.
 */
function asRow(checked: Record<string, unknown>, minute: EpochMinute): BarRow {
  checked['minute'] = minute;
  return checked as unknown as BarRow;
}

/** What a store's column holds: one row beyond it would keep all that comes with it from being kept. */
const mostTrades = 2 ** 31 - 1;

/** RFC 3339. `Date.parse` alone would read other texts too, some of them in the machine's own time zone. */
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

function parseMinute(symbol: string, t: string): EpochMinute {
  const minute = instant.test(t) ? Date.parse(t) / msPerMinute : Number.NaN;
  if (!Number.isInteger(minute)) throw malformed(`a bar of ${symbol} starts at "${t.slice(0, 40)}"`);
  return minute as EpochMinute;
}

/** JSON reads a number that is too large as infinity. */
function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string): FleeceError {
  return new FleeceError('bad_response', `the answer is not a page of bars: ${what}`, { retryable: true });
}
