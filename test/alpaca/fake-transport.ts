import type { AlpacaHost, RequestReport } from '../../src/alpaca/request.ts';
import type { RetryPolicy } from '../../src/alpaca/retry.ts';
import type { HttpAnswer, HttpTransport } from '../../src/alpaca/transport.ts';
import { Breaker } from '../../src/async/breaker.ts';
import { RateBudget } from '../../src/budget/rate-budget.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';

export type Reply = Partial<HttpAnswer> | Error | ((signal: AbortSignal | undefined) => Promise<HttpAnswer>);

export interface Get {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly at: number;
}

export const credentials = { keyId: 'PKTESTKEYID123', secretKey: 'sEcReTsEcReT456' };

/** Any JSON body, as a 200. */
export function json(body: unknown): Partial<HttpAnswer> {
  return { status: 200, body: JSON.stringify(body) };
}

/** A host that answers from a list of replies; the last one is repeated. */
export function setUp(replies: readonly Reply[], options: { rpm?: number; threshold?: number } = {}) {
  const clock = new SteppedClock(Date.parse('2026-01-14T15:00:00Z'));
  const gets: Get[] = [];
  const reports: RequestReport[] = [];
  const transport: HttpTransport = {
    get: async (url, headers, signal) => {
      const reply = replies[Math.min(gets.length, replies.length - 1)];
      gets.push({ url, headers, at: clock.now() });
      await clock.sleep(100, signal);
      if (reply instanceof Error) throw reply;
      if (typeof reply === 'function') return reply(signal);
      return { status: 200, headers: {}, body: '{"bars":{},"next_page_token":null}', ...reply };
    },
    close: () => Promise.resolve(),
  };
  const budget = new RateBudget({ clock, requestsPerMinute: options.rpm ?? 180 });
  const breaker = new Breaker({ clock, threshold: options.threshold ?? 100, coolDownMs: 5_000 });
  const host: AlpacaHost = {
    baseUrl: 'https://data.example',
    credentials,
    transport,
    budget,
    breaker,
    clock,
    onRequest: (report) => reports.push(report),
  };
  const retries: [string, number][] = [];
  const retry: RetryPolicy = {
    clock,
    attempts: 3,
    backoff: (attempt) => attempt * 1_000,
    onRetry: (error, attempt) => retries.push([error.message, attempt]),
  };
  return { clock, gets, reports, budget, breaker, host, retry, retries };
}
