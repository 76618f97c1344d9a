import type { EpochMs } from '../time/clock.ts';
import type { Minute } from './bar.ts';
import { refuse } from './exchange.ts';
import { type Cursor, decodeToken } from './page-token.ts';
import { choice, instant, pageLimit, required, startOfDay } from './parameters.ts';
import type { Plan } from './plan.ts';
import type { TapeFeed } from './tape.ts';
import { bucketStart, isMinute, parseTimeframe, type Timeframe } from './timeframe.ts';

/** A window of bars as it was asked for, checked. */
export interface BarQuery {
  readonly timeframe: Timeframe;
  /** First and last minute that a bar may begin in; both inclusive. */
  readonly from: Minute;
  readonly to: Minute;
  readonly limit: number;
  readonly descending: boolean;
  readonly cursor: Cursor | undefined;
  /** Undefined for a feed in which the simulator shows no trades. */
  readonly feed: TapeFeed | undefined;
  readonly currency: string | undefined;
}

const quarterHour = 15 * 60_000;
const adjustments = new Set(['raw', 'split', 'dividend', 'spin-off', 'all']);

/** The query of a stock history endpoint. @throws Refusal 400 or 403 as the service would. */
export function stockBarQuery(query: URLSearchParams, plan: Plan, now: EpochMs): BarQuery {
  const timeframe = timeframeOf(query);
  const start = instant(query, 'start');
  const end = instant(query, 'end');
  checkAdjustment(query.get('adjustment') ?? 'raw');
  checkAsof(query.get('asof'));
  // Without a feed the service takes the consolidated one, also where the plan has it only 15 minutes late.
  const feed = choice(query, 'feed', ['sip', 'iex', 'boats', 'otc'], 'sip');
  const delayed = plan === 'basic' && feed === 'sip';
  if (plan === 'basic' && feed === 'otc') throw refuse(403, 'subscription does not permit querying OTC data');
  if (delayed && end !== undefined && end > now - quarterHour) {
    throw refuse(403, 'subscription does not permit querying recent SIP data');
  }
  const newest = delayed ? now - quarterHour : now;
  return {
    ...windowOf(query, timeframe, start ?? Math.min(startOfDay(now), newest), end ?? newest),
    feed: feed === 'sip' || feed === 'iex' ? feed : undefined,
    currency: currencyOf(query),
  };
}

/** The query of a crypto history endpoint. @throws Refusal 400 as the service would. */
export function cryptoBarQuery(query: URLSearchParams, now: EpochMs): BarQuery {
  const timeframe = timeframeOf(query);
  const start = instant(query, 'start') ?? Math.floor(now / 86_400_000) * 86_400_000;
  const end = instant(query, 'end') ?? now;
  return { ...windowOf(query, timeframe, start, end), feed: 'sip', currency: undefined };
}

function timeframeOf(query: URLSearchParams): Timeframe {
  const text = required(query, 'timeframe');
  const timeframe = parseTimeframe(text);
  if (!timeframe) throw refuse(400, `invalid timeframe: ${text.slice(0, 100)}`);
  return timeframe;
}

function windowOf(query: URLSearchParams, timeframe: Timeframe, start: EpochMs, end: EpochMs) {
  const limit = pageLimit(query);
  const descending = choice(query, 'sort', ['asc', 'desc'], 'asc') === 'desc';
  const token = query.get('page_token');
  const cursor = token === null ? undefined : decodeToken(token);
  if (end < start) throw refuse(400, 'end should not be before start');
  const first = Math.ceil(start / 60_000);
  // Longer bars lie in fixed places, so the one that `start` falls into belongs to the answer.
  const from = isMinute(timeframe) ? first : bucketStart(timeframe, first);
  return { timeframe, from, to: Math.floor(end / 60_000), limit, descending, cursor };
}

function checkAdjustment(text: string): void {
  const wrong = text.split(',').find((part) => !adjustments.has(part));
  if (wrong !== undefined) throw refuse(400, `invalid adjustment: ${text.slice(0, 100)}`);
}

function checkAsof(text: string | null): void {
  if (text === null || text === '-') return;
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw refuse(400, `invalid asof: ${text.slice(0, 100)}`);
  }
}

/** @throws Refusal 400 for anything but three capital letters. */
export function currencyOf(query: URLSearchParams): string | undefined {
  const text = query.get('currency');
  if (text === null) return undefined;
  if (!/^[A-Z]{3}$/.test(text)) throw refuse(400, `invalid currency: ${text.slice(0, 100)}`);
  return text;
}
