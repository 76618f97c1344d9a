import type { Clock } from '../time/clock.ts';
import type { Handler } from './handler.ts';

export interface InProcessOptions {
  readonly clock: Clock;
  /** Milliseconds of the clock from sending a request until it is handled, and the same again back. Default 25. */
  readonly oneWayMs?: number;
  /** How long a hanging request is waited for, in milliseconds of the clock. Default 10,000. */
  readonly timeoutMs?: number;
  /** Makes the error for a connection that broke or hung. Default: an Error with `code`. */
  readonly broken?: (code: 'ECONNRESET' | 'ETIMEDOUT', message: string) => Error;
}

/** A whole HTTP answer, header names in lower case. */
export interface TransportAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** A client's transport that ends in a handler of this process: no sockets, so it works under a stepped clock. */
export interface InProcessTransport {
  get(url: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<TransportAnswer>;
  close(): Promise<void>;
}

export function createInProcessTransport(handler: Handler, options: InProcessOptions): InProcessTransport {
  const { clock, oneWayMs = 25, timeoutMs = 10_000, broken = brokenConnection } = options;
  return {
    get: async (url, headers, signal) => {
      await clock.sleep(oneWayMs, signal);
      const response = handler.handle({
        url: url.replace(/^https?:\/\/[^/]*/, ''),
        headers: lowerCase(headers),
      });
      await clock.sleep(oneWayMs, signal);
      if (response.kind === 'reset') throw broken('ECONNRESET', 'the connection was reset');
      if (response.kind === 'hang') {
        await clock.sleep(timeoutMs, signal);
        throw broken('ETIMEDOUT', `no answer within ${timeoutMs} ms`);
      }
      const { status, headers: sent, body } = response.answer;
      const whole = { status, headers: lowerCase(sent), body };
      if (response.kind === 'torn') {
        if (!response.framed) throw broken('ECONNRESET', 'the connection broke in the middle of the body');
        return { ...whole, body: body.slice(0, response.keep) };
      }
      if (response.afterMs > 0) await clock.sleep(response.afterMs, signal);
      return whole;
    },
    close: () => Promise.resolve(),
  };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function brokenConnection(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
