import { decode as decodeMsgpack } from '@msgpack/msgpack';
import { type Channel, channels, everything } from '../../fanout/subscription.ts';
import { symbolFault } from '../../market/symbol.ts';
import { type EpochMinute, msPerMinute } from '../../time/minute.ts';
import type { StreamErrorCode } from './errors.ts';

/** A pair of keys as a client sent it. Never logged, never kept, never passed on. */
export interface ClientKeys {
  readonly key: string;
  readonly secret: string;
}

export interface AuthCommand {
  readonly type: 'auth';
  readonly keys: ClientKeys;
}

export interface SubscribeCommand {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly lists: Readonly<Partial<Record<Channel, readonly string[]>>>;
  /** Replay from this minute on before going live. */
  readonly since: EpochMinute | undefined;
}

export interface Fault {
  readonly type: 'fault';
  readonly code: StreamErrorCode;
  /** What was wrong, for people: the text of the code says only that something was. */
  readonly reason: string;
}

export type Command = AuthCommand | SubscribeCommand | Fault;

/** Channels of Alpaca's that Fleece has no data for. */
const absentChannels = new Set(['trades', 'quotes', 'statuses', 'lulds', 'imbalances', 'orderbooks']);
/** Channels that come with trades and cannot be asked for; SDKs send them with empty lists. */
const automaticChannels = new Set(['corrections', 'cancelErrors']);

/** Read one message of a client. Whatever it holds, the answer is a command or a fault, never an exception. */
export function parseCommand(data: Buffer, binary: boolean, encoding: 'json' | 'msgpack'): Command {
  let message: unknown;
  try {
    message = encoding === 'msgpack' && binary ? decodeMsgpack(data) : JSON.parse(data.toString('utf8'));
  } catch {
    return fault(`the message is not ${encoding === 'msgpack' && binary ? 'msgpack' : 'JSON'}`);
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return fault('the message is not an object');
  const fields = message as Record<string, unknown>;
  const action = fields['action'];
  if (action === 'auth') return parseAuth(fields);
  if (action === 'subscribe' || action === 'unsubscribe') return parseSubscribe(action, fields);
  return fault('action has to be auth, subscribe or unsubscribe');
}

function parseAuth(fields: Record<string, unknown>): Command {
  const { key, secret } = fields;
  // As measured: absent keys are wrong keys.
  if (typeof key !== 'string' || typeof secret !== 'string')
    return { type: 'auth', keys: { key: '', secret: '' } };
  return { type: 'auth', keys: { key, secret } };
}

function parseSubscribe(type: 'subscribe' | 'unsubscribe', fields: Record<string, unknown>): Command {
  const lists: Partial<Record<Channel, readonly string[]>> = {};
  let since: EpochMinute | undefined;
  let absent: string | undefined;
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'action') continue;
    if (name === 'since') {
      since = typeof value === 'string' || typeof value === 'number' ? parseSince(String(value)) : undefined;
      if (since === undefined) return fault('since has to be an RFC 3339 time, such as 2026-01-14T14:30:00Z');
      continue;
    }
    const symbols = symbolsOf(value);
    if (typeof symbols === 'string') return fault(`${name.slice(0, 40)}: ${symbols}`);
    if (symbols.length === 0) continue;
    if ((channels as readonly string[]).includes(name)) lists[name as Channel] = symbols;
    else if (absentChannels.has(name)) absent = name;
    else if (automaticChannels.has(name)) return fault(`${name} cannot be subscribed to`);
    else return fault(`there is no channel ${name.slice(0, 40)}`);
  }
  // What was never subscribed to can be unsubscribed from.
  if (absent && type === 'subscribe')
    return {
      type: 'fault',
      code: 410,
      reason: `Fleece has bars, updatedBars and dailyBars, and no ${absent}`,
    };
  if (!absent && Object.keys(lists).length === 0) return fault('no channel has a symbol');
  return { type, lists, since };
}

function symbolsOf(value: unknown): readonly string[] | string {
  if (!Array.isArray(value)) return 'a channel has to be a list of symbols';
  for (const symbol of value as unknown[]) {
    if (typeof symbol !== 'string') return 'a symbol has to be a text';
    if (symbol === everything) continue;
    const wrong = symbolFault(symbol) ?? lowerCaseFault(symbol);
    if (wrong) return `${symbol.slice(0, 40)} is not a symbol: ${wrong}`;
  }
  return value as string[];
}

/** Symbols are of upper case everywhere; a bot that writes them in lower case would wait in vain. */
function lowerCaseFault(symbol: string): string | undefined {
  return /[a-z]/.test(symbol) ? `it holds lower case, write ${symbol.toUpperCase()}` : undefined;
}

/** The first minute that begins at or after an RFC 3339 time with an offset; undefined when it is none. */
export function parseSince(text: string): EpochMinute | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : (Math.ceil(instant / msPerMinute) as EpochMinute);
}

function fault(reason: string): Fault {
  return { type: 'fault', code: 400, reason };
}
