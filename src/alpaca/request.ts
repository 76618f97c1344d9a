import type { Breaker } from '../async/breaker.ts';
import type { RateAnswer, RateBudget } from '../budget/rate-budget.ts';
import { FleeceError, isFleeceError } from '../errors.ts';
import type { Lane } from '../market/bar-source.ts';
import type { Clock, EpochMs } from '../time/clock.ts';
import { authHeaders, type Credentials, redact } from './credentials.ts';
import { refusalOf } from './refusal.ts';
import type { HttpAnswer, HttpTransport } from './transport.ts';

/** What is reported of each request once it is over. Never the keys, never the body. */
export interface RequestReport {
  readonly lane: Lane;
  /** HTTP status, or 0 when no whole answer came. */
  readonly status: number;
  readonly sentAt: EpochMs;
  readonly durationMs: number;
  /** The service's clock, from the Date header (whole seconds). */
  readonly serverTime: EpochMs | undefined;
}

/** Everything that a request to one host of Alpaca needs. */
export interface AlpacaHost {
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly transport: HttpTransport;
  readonly budget: RateBudget;
  readonly breaker: Breaker;
  readonly clock: Clock;
  readonly onRequest?: (report: RequestReport) => void;
}

export interface JsonAnswer {
  readonly body: unknown;
  readonly sentAt: EpochMs;
  readonly receivedAt: EpochMs;
}

/**
 * ONE attempt at a GET: waits for a token, asks, and returns the parsed body of a 200. The only place that
 * takes tokens or speaks HTTP to Alpaca; a retry is another call, and another token.
 *
 * @throws FleeceError for every other outcome; `circuit_open` when the host is resting and nothing was sent.
 */
export async function requestJson(
  host: AlpacaHost,
  pathAndQuery: string,
  lane: Lane,
  signal?: AbortSignal,
): Promise<JsonAnswer> {
  const permit = await host.budget.take(lane, signal);
  const rest = host.breaker.enter();
  if (rest > 0) {
    permit.cancel();
    throw new FleeceError('circuit_open', `${host.baseUrl} is resting after repeated failures`, {
      retryable: true,
      retryAfterMs: rest,
    });
  }
  const sentAt = host.clock.now();
  let rate: RateAnswer = {};
  let status = 0;
  let serverTime: EpochMs | undefined;
  try {
    const headers = { ...authHeaders(host.credentials), accept: 'application/json' };
    const answer = await host.transport.get(host.baseUrl + pathAndQuery, headers, signal);
    status = answer.status;
    serverTime = dateOf(answer);
    rate = rateOf(answer);
    const body = bodyOf(answer, host.credentials);
    host.breaker.succeed();
    return { body, sentAt, receivedAt: host.clock.now() };
  } catch (error) {
    judge(host.breaker, error);
    throw error;
  } finally {
    permit.settle(rate);
    host.onRequest?.({ lane, status, sentAt, durationMs: host.clock.now() - sentAt, serverTime });
  }
}

function bodyOf(answer: HttpAnswer, credentials: Credentials): unknown {
  if (answer.status !== 200) throw refusalOf(answer, (text) => redact(text, credentials));
  try {
    return JSON.parse(answer.body);
  } catch (cause) {
    throw new FleeceError('bad_response', 'the body of a 200 is not whole JSON', {
      status: 200,
      retryable: true,
      cause,
    });
  }
}

/** A host that answers at all is well, also when it refuses; only failures that repeat say that it is not. */
function judge(breaker: Breaker, error: unknown): void {
  if (!isFleeceError(error)) {
    breaker.abandon();
  } else if (error.code === 'network' || error.code === 'server_error' || error.code === 'bad_response') {
    breaker.fail();
  } else {
    breaker.succeed();
  }
}

function rateOf({ status, headers }: HttpAnswer): RateAnswer {
  return {
    limit: count(headers['x-ratelimit-limit']),
    remaining: count(headers['x-ratelimit-remaining']),
    refused: status === 429,
  };
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function dateOf({ headers }: HttpAnswer): EpochMs | undefined {
  const instant = Date.parse(headers['date'] ?? '');
  return Number.isNaN(instant) ? undefined : instant;
}
