import type { Clock } from '../time/clock.ts';
import {
  type Answer,
  proxyPage,
  Refusal,
  refuse,
  type SimulatorRequest,
  type SimulatorResponse,
} from './exchange.ts';
import { checkFaults, type FaultRates, faultOf, serverFailure, spoil, tooManyRequests } from './faults.ts';
import { fraction, hash } from './hash.ts';
import { callerOf, type KeyPair } from './keys.ts';
import type { Market } from './market.ts';
import type { Plan } from './plan.ts';
import { type Quota, RateBuckets } from './rate-bucket.ts';
import { type ApiGroup, RequestLog } from './request-log.ts';
import { routeOf } from './routes.ts';

export interface HandlerOptions {
  readonly market: Market;
  readonly clock: Clock;
  /** For the choice of faults and short pages. Default 1. */
  readonly seed?: number;
  /** Default `basic`. */
  readonly plan?: Plan;
  /** Requests a minute of a key, for data and for trading each; `off` lifts it. Default 200; unlimited 10,000. */
  readonly rateLimit?: number | 'off';
  /** Pairs that are let in. Default: any that are not empty. */
  readonly keys?: readonly KeyPair[];
  /** Share of pages that end before their limit, with a token. Default 0. */
  readonly shortPages?: number;
  /** Send `"bars":null` where there are none. Default false: `{}`. */
  readonly nullBars?: boolean;
  readonly faults?: FaultRates;
  /** Longest path and query that is taken, in bytes. Default 8,192, as of the usual proxy. */
  readonly maxUrlBytes?: number;
  /** How many of the last requests the log keeps whole. Default 1,000. */
  readonly keepRequests?: number;
}

export interface Handler {
  /** One request, one response, at the clock's present. Never throws. */
  handle(request: SimulatorRequest): SimulatorResponse;
  readonly log: RequestLog;
}

/** The service without sockets. @throws RangeError for an option out of range. */
export function createHandler(options: HandlerOptions): Handler {
  const { market, clock, seed = 1, plan = 'basic', keys, nullBars = false, faults = {} } = options;
  const { shortPages = 0, maxUrlBytes = 8_192 } = options;
  const rateLimit = options.rateLimit ?? (plan === 'basic' ? 200 : 10_000);
  checkFaults(faults);
  if (!(shortPages >= 0 && shortPages <= 1)) throw new RangeError(`shortPages ${shortPages}: a share`);
  if (rateLimit !== 'off' && !(rateLimit >= 1)) throw new RangeError(`rateLimit ${rateLimit}: 1 or more`);
  const log = new RequestLog(options.keepRequests);
  const buckets: Record<ApiGroup, RateBuckets | undefined> = {
    data: rateLimit === 'off' ? undefined : new RateBuckets(rateLimit),
    trading: rateLimit === 'off' ? undefined : new RateBuckets(rateLimit),
  };
  let sequence = 0;

  const shortTo = () => {
    const bits = hash(seed ^ 0x5047, sequence);
    return fraction(bits) < shortPages ? fraction(hash(bits, 1)) : undefined;
  };

  const respond = (request: SimulatorRequest, group: ApiGroup): SimulatorResponse => {
    const now = clock.now();
    const fault = faultOf(faults, seed, sequence);
    let quota: Quota | undefined;
    const wrap = (status: number, contentType: string, body: string): Answer => ({
      status,
      headers: { ...commonHeaders(now, seed, sequence), 'Content-Type': contentType, ...quotaHeaders(quota) },
      body,
    });
    try {
      if (Buffer.byteLength(request.url) > maxUrlBytes) throw proxyPage(414, 'Request-URI Too Large');
      const [path, search] = splitUrl(request.url);
      const found = routeOf(path);
      const caller = callerOf(request.headers, keys) ?? (found?.route.open ? 'anyone' : undefined);
      if (caller === undefined) throw unauthorized(group);
      if (fault === '429') throw tooManyRequests();
      const bucket = buckets[group];
      quota = bucket?.take(caller, now);
      if (bucket && !quota) throw tooManyRequests();
      if (fault === '500') throw serverFailure(seed, sequence);
      if (!found) throw new Refusal(404, 'Not Found', 'text/plain; charset=utf-8');
      if ((request.method ?? 'GET') !== 'GET') throw refuse(405, 'Method Not Allowed');
      const ask = { market, query: new URLSearchParams(search), now, plan, nullBars, shortTo: shortTo() };
      const answer = wrap(200, 'application/json; charset=UTF-8', found.route.run(ask, ...found.parts));
      if (fault !== undefined) return spoil(fault, answer, seed, sequence);
      return { kind: 'answer', answer, afterMs: 0 };
    } catch (error) {
      // A fault of the simulator itself must not end it, nor be taken for a simulated one.
      const refusal =
        error instanceof Refusal ? error : refuse(500, `the simulator itself failed: ${String(error)}`);
      return { kind: 'answer', answer: wrap(refusal.status, refusal.contentType, refusal.body), afterMs: 0 };
    }
  };

  return {
    log,
    handle: (request) => {
      sequence++;
      const group = groupOf(request.url);
      const response = respond(request, group);
      const broken = response.kind === 'reset' || response.kind === 'hang';
      const status = broken ? 0 : response.answer.status;
      log.add({ at: clock.now(), group, url: request.url, status });
      return response;
    },
  };
}

/** Data and trading are two hosts of the real service; here the path tells them apart. */
function groupOf(url: string): ApiGroup {
  return /^\/v2\/(clock|calendar|assets)([/?]|$)/.test(url) ? 'trading' : 'data';
}

function splitUrl(url: string): readonly [string, string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

function unauthorized(group: ApiGroup): Refusal {
  return group === 'data'
    ? proxyPage(401, 'Authorization Required')
    : refuse(401, 'request is not authorized.', 40110000);
}

function commonHeaders(now: number, seed: number, sequence: number): Record<string, string> {
  const id = [1, 2, 3, 4].map((part) => hash(hash(seed, sequence), part).toString(16).padStart(8, '0'));
  return { Date: new Date(now).toUTCString(), 'X-Request-ID': id.join('') };
}

function quotaHeaders(quota: Quota | undefined): Record<string, string> {
  if (!quota) return {};
  return {
    'X-RateLimit-Limit': String(quota.limit),
    'X-RateLimit-Remaining': String(quota.remaining),
    'X-RateLimit-Reset': String(quota.resetAt),
  };
}
