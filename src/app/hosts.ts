import type { Credentials } from '../alpaca/credentials.ts';
import type { AlpacaHost, RequestReport } from '../alpaca/request.ts';
import type { RetryPolicy } from '../alpaca/retry.ts';
import type { HttpTransport } from '../alpaca/transport.ts';
import { createNodeTransport } from '../alpaca/node-transport.ts';
import { exponentialBackoff } from '../async/backoff.ts';
import { Breaker } from '../async/breaker.ts';
import { RateBudget } from '../budget/rate-budget.ts';
import type { Log } from '../telemetry/log.ts';
import type { Clock } from '../time/clock.ts';

export interface HostOptions {
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** Counts the requests, where `clock` is corrected while it runs: a correction is no time that has passed. */
  readonly rateClock?: Clock;
  readonly requestsPerMinute: number;
  /** Real milliseconds that a request may take. */
  readonly timeoutMs: number;
  readonly transport?: HttpTransport;
  readonly onRequest?: (report: RequestReport) => void;
}

/** Connections a host: as many as requests may be in flight. */
const mostInFlight = 64;

/** Failures in a row that make a host rest, and for how long. With 4 in flight that is a second or two of them. */
const breakerThreshold = 12;
const breakerCoolDownMs = 5_000;

/** Attempts at one page inside a cycle, and the waits between them. */
const attempts = 5;
const backoff = { firstMs: 250, maxMs: 5_000 };

/** One host of Alpaca with its budget, its breaker and its connections. */
export function createHost(options: HostOptions): AlpacaHost {
  const { baseUrl, credentials, clock, timeoutMs, requestsPerMinute, onRequest } = options;
  return {
    baseUrl,
    credentials,
    clock,
    transport: options.transport ?? createNodeTransport({ connections: mostInFlight, timeoutMs }),
    budget: new RateBudget({ clock: options.rateClock ?? clock, requestsPerMinute }),
    breaker: new Breaker({ clock, threshold: breakerThreshold, coolDownMs: breakerCoolDownMs }),
    ...(onRequest && { onRequest }),
  };
}

/** How requests to a host are retried. */
export function createRetryPolicy(clock: Clock, log: Log): RetryPolicy {
  return {
    clock,
    attempts,
    backoff: exponentialBackoff(backoff),
    onRetry: (error, attempt) => log.debug('retrying', { attempt, reason: error.message }),
  };
}
