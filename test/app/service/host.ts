import type { AlpacaHost } from '../../../src/alpaca/request.ts';
import type { HttpTransport } from '../../../src/alpaca/transport.ts';
import { createHost } from '../../../src/app/hosts.ts';
import type { Clock } from '../../../src/time/clock.ts';

/** A host with a budget of 100 requests a minute that answers as `get` does, without a network. */
export function hostThat(clock: Clock, get: HttpTransport['get']): AlpacaHost {
  return createHost({
    baseUrl: 'http://127.0.0.1',
    credentials: { keyId: 'id', secretKey: 'secret' },
    clock,
    requestsPerMinute: 100,
    timeoutMs: 1_000,
    transport: { get, close: () => Promise.resolve() },
  });
}
