import { FleeceError, isFleeceError } from '../../errors.ts';
import { parseTimeframe, type Timeframe } from '../../store/timeframe.ts';
import type { Feed } from '../../market/feed.ts';
import type { EpochMs } from '../../time/clock.ts';
import { addMinutes, type EpochMinute, lastClosed, minuteOf, msPerMinute } from '../../time/minute.ts';
import { dayStart } from '../stream/daily-bars.ts';
import type { HistoryCursor } from '../ports.ts';
import { decodeToken } from './page-token.ts';
import { choice, instant, pageLimit, required } from './parameters.ts';
import { refuse } from './refusal.ts';

/** A window of bars as it was asked for, checked. */
export interface BarsQuery {
  readonly timeframe: Timeframe;
  readonly start: EpochMinute;
  readonly end: EpochMinute;
  readonly limit: number;
  readonly sort: 'asc' | 'desc';
  /** The bar that the page begins with. */
  readonly from: HistoryCursor | undefined;
  readonly currency: string | undefined;
}

const quarterHour = 15 * msPerMinute;

/** The query of a stock history. `feed` is what is polled. @throws FleeceError as Alpaca would refuse. */
export function stockBarsQuery(query: URLSearchParams, feed: Feed, now: EpochMs): BarsQuery {
  const timeframe = timeframeOf(query);
  checkAdjustment(query.get('adjustment') ?? 'raw');
  // Unlike Alpaca's, the default feed is the one that is there, so that no bot falls into the trap of it.
  const asked = choice<string>(query, 'feed', ['sip', 'iex', 'boats', 'otc'], feed);
  const latest = asked === 'sip' && feed !== 'sip' ? now - quarterHour : undefined;
  // Without an end there is nothing recent to refuse: as Alpaca's, the answer ends where the plan does.
  const end = instant(query, 'end') ?? latest;
  if (end !== undefined && latest !== undefined && end > latest)
    throw refuse(403, 'subscription does not permit querying recent SIP data');
  const currency = query.get('currency') ?? undefined;
  if (currency !== undefined && currency !== 'USD')
    throw refuse(400, `invalid currency: ${currency.slice(0, 100)} (only USD is kept here)`);
  return { ...windowOf(query, timeframe, end, now), currency };
}

/** The query of a crypto history. @throws FleeceError as Alpaca would refuse. */
export function cryptoBarsQuery(query: URLSearchParams, now: EpochMs): BarsQuery {
  return { ...windowOf(query, timeframeOf(query), instant(query, 'end'), now), currency: undefined };
}

function timeframeOf(query: URLSearchParams): Timeframe {
  const text = required(query, 'timeframe');
  try {
    return parseTimeframe(text);
  } catch (error) {
    if (!isFleeceError(error)) throw error;
    throw new FleeceError('bad_request', `invalid timeframe: ${text.slice(0, 100)}`, {
      status: 400,
      cause: error,
    });
  }
}

function windowOf(query: URLSearchParams, timeframe: Timeframe, askedEnd: EpochMs | undefined, now: EpochMs) {
  const end = askedEnd ?? now;
  const start = instant(query, 'start') ?? Math.min(dayStart(minuteOf(now)) * msPerMinute, end);
  const token = query.get('page_token');
  const from = token === null ? undefined : decodeToken(token);
  const sort = choice(query, 'sort', ['asc', 'desc'], 'asc');
  const limit = pageLimit(query);
  if (end < start) throw refuse(400, 'end should not be before start');
  const first = Math.ceil(start / msPerMinute) as EpochMinute;
  const last = Math.min(Math.floor(end / msPerMinute), lastClosed(now)) as EpochMinute;
  return { timeframe, start: bucketStart(timeframe, first), end: last, limit, sort, from };
}

/** Longer bars lie in fixed places, so the one that `start` falls into belongs to the answer. */
function bucketStart({ unit, count }: Timeframe, minute: EpochMinute): EpochMinute {
  return unit === 'day' ? dayStart(minute) : addMinutes(minute, -(minute % count));
}

const adjustments = new Set(['raw', 'split', 'dividend', 'spin-off', 'all']);

function checkAdjustment(text: string): void {
  const shown = text.slice(0, 100);
  if (text.split(',').some((part) => !adjustments.has(part)))
    throw refuse(400, `invalid adjustment: ${shown}`);
  if (text !== 'raw') throw refuse(400, `invalid adjustment: ${shown} (only raw bars are kept here)`);
}
