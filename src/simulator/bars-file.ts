import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { RecordedBar } from './replay-tape.ts';

const mustHave = ['symbol', 't', 'o', 'h', 'l', 'c'] as const;

/**
 * Recorded bars of a CSV file, plain or packed with gzip: a header `symbol,t,o,h,l,c`, optionally `v`, `n` and
 * `vw`, then a row a bar; `t` is the bar's start in UTC.
 *
 * @param name The file's name, for messages.
 * @throws Error that names the file, the line and what is wrong.
 */
export function parseBarsFile(bytes: Uint8Array, name: string): RecordedBar[] {
  const [header = [], ...rows] = rowsOf(bytes, name);
  const missing = mustHave.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    throw new Error(
      `${name}: no column ${missing.join(', ')}; the header has to be symbol,t,o,h,l,c[,v[,n[,vw]]]`,
    );
  }
  if (rows.length === 0) throw new Error(`${name}: it holds no bars, only a header`);
  const place = (column: string) => header.indexOf(column);
  const [symbolAt, timeAt] = [place('symbol'), place('t')];
  const prices = (['o', 'h', 'l', 'c'] as const).map((column) => place(column));
  const extras = (['v', 'n', 'vw'] as const).map((column) => place(column));
  const seen = new Set<string>();
  return rows.map((row, index) => {
    const wrong = (what: string) => new Error(`${name}, line ${index + 2}: ${what}`);
    const symbol = row[symbolAt] ?? '';
    if (symbol === '') throw wrong('the symbol is empty');
    const minute = minuteIn(row[timeAt] ?? '');
    if (minute === undefined) {
      throw wrong(`"${row[timeAt]}" is not the start of a minute in UTC, such as 2025-01-02T14:30:00Z`);
    }
    const key = `${symbol} ${minute}`;
    if (seen.has(key)) throw wrong(`a second bar of ${symbol} at ${row[timeAt]}`);
    seen.add(key);
    const number = (at: number) => {
      const text = row[at] ?? '';
      const value = text === '' ? Number.NaN : Number(text);
      if (!(value >= 0 && Number.isFinite(value))) throw wrong(`"${text}" is not a number of 0 or more`);
      return value;
    };
    const [o = 0, h = 0, l = 0, c = 0] = prices.map(number);
    const [v, n, vw] = extras.map((at) => (at < 0 ? undefined : number(at)));
    return { symbol, minute, o, h, l, c, v, n, vw };
  });
}

/**
 * Symbols of a file, plain or packed with gzip: one a line, or CSV with a `symbol` column. Empty lines and
 * lines that begin with # are left out.
 *
 * @throws Error that names the file and what is wrong.
 */
export function parseSymbolsFile(bytes: Uint8Array, name: string): string[] {
  const [first = [], ...rest] = rowsOf(bytes, name);
  const column = first.findIndex((cell) => cell.trim().toLowerCase() === 'symbol');
  const rows = column < 0 ? [first, ...rest] : rest;
  const symbols = rows
    .map((row) => (row[Math.max(0, column)] ?? '').trim())
    .filter((symbol) => symbol !== '');
  if (symbols.length === 0) throw new Error(`${name}: it holds no symbol`);
  const wrong = symbols.find((symbol) => !/^[!-~]{1,32}$/.test(symbol));
  if (wrong !== undefined) throw new Error(`${name}: "${wrong.slice(0, 40)}" cannot be a symbol`);
  return [...new Set(symbols)];
}

function rowsOf(bytes: Uint8Array, name: string): string[][] {
  try {
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : Buffer.from(bytes);
    return parse(text, { bom: true, comment: '#', comment_no_infix: true, skip_empty_lines: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${name}: it is not a CSV file: ${reason}`, { cause });
  }
}

function minuteIn(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:00(\.0+)?Z$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms / 60_000;
}
