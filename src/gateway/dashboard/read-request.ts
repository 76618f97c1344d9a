import type { IncomingMessage } from 'node:http';
import { FleeceError } from '../../errors.ts';
import { symbolFault } from '../../market/symbol.ts';
import { readBody } from '../http/route.ts';
import type { AskAgainRequest, BackfillRequest, ModeRequest } from './contract.ts';

const mostBytes = 1024 * 1024;
const mostSymbols = 100_000;
/** The year 2100: later minutes are typing errors. */
const lastMinute = 68_374_080;

type Fields = Readonly<Record<string, unknown>>;

/** The JSON object that a request holds. @throws FleeceError `bad_request`. */
export async function readObject(request: IncomingMessage): Promise<Fields> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\b/i.test(type)) throw wrong('the body', 'application/json');
  const text = (await readBody(request, mostBytes)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('the body', 'a JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('the body', 'a JSON object');
  return value as Fields;
}

export function toAskAgain(fields: Fields): AskAgainRequest {
  const symbols = readSymbols(fields['symbols'], 'symbols');
  if (symbols.length === 0) throw wrong('symbols', 'a list with at least one symbol');
  if (fields['from'] === undefined && fields['to'] === undefined) return { symbols };
  return { symbols, ...readRange(fields) };
}

export function toBackfill(fields: Fields): BackfillRequest {
  const range = readRange(fields);
  const { symbols } = fields;
  return symbols === undefined ? range : { ...range, symbols: readSymbols(symbols, 'symbols') };
}

export function toMode(fields: Fields): ModeRequest {
  const { mode, batchSize, concurrency, rpm } = fields;
  if (typeof mode !== 'string') throw wrong('mode', 'the name of a mode');
  return {
    mode,
    ...(batchSize !== undefined && {
      batchSize: batchSize === 'auto' ? batchSize : readNumber(batchSize, 'batchSize', 1, 1_000),
    }),
    ...(concurrency !== undefined && { concurrency: readNumber(concurrency, 'concurrency', 1, 64) }),
    ...(rpm !== undefined && { rpm: readNumber(rpm, 'rpm', 1, 10_000) }),
  };
}

/** A date of the query, `YYYY-MM-DD`; undefined when there is none. */
export function readDate(text: string | null): string | undefined {
  if (text === null) return undefined;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw wrong('date', 'a date such as 2026-01-14');
  return text;
}

export function readSymbol(value: unknown, name = 'symbol'): string {
  const fault = typeof value === 'string' ? symbolFault(value) : 'it is no text';
  if (typeof value === 'string' && fault === undefined) return value;
  throw new FleeceError('bad_request', `${name} is no symbol: ${fault}`);
}

export function readMinute(value: unknown, name: string): number {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return readNumber(number, name, 0, lastMinute);
}

function readRange(fields: Fields): { from: number; to: number } {
  const from = readMinute(fields['from'], 'from');
  const to = readMinute(fields['to'], 'to');
  if (to < from) throw wrong('to', 'at or after from');
  return { from, to };
}

function readSymbols(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw wrong(name, 'a list of symbols');
  if (value.length > mostSymbols) throw wrong(name, `a list of at most ${mostSymbols} symbols`);
  return [...new Set(value.map((item) => readSymbol(item, `a member of ${name}`)))];
}

function readNumber(value: unknown, name: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw wrong(name, `a whole number from ${least} to ${most}`);
}

function wrong(name: string, right: string): FleeceError {
  return new FleeceError('bad_request', `${name} has to be ${right}`);
}
