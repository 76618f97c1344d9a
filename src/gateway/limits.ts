import type { RateLimit } from './guard/address-rate.ts';

/** What a client may cost. Generous to programs of one's own, and finite. */
export interface GatewayLimits {
  /** Stream connections in all, and from one address. */
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
  /** Symbols of one channel of one connection. */
  readonly maxSymbols: number;
  readonly maxMessageBytes: number;
  /** Bytes that wait for one client before it counts as slow. */
  readonly outboxBytes: number;
  readonly messagesPerSecond: number;
  /** From one address: REST requests, new stream connections, wrong keys. */
  readonly requests: RateLimit;
  readonly upgrades: RateLimit;
  readonly wrongKeys: RateLimit;
  /** How long a symbol is polled on after its last subscriber has left, in milliseconds. */
  readonly lingerMs: number;
  /** How long a REST answer waits for bars that have to be fetched, in milliseconds. */
  readonly missingWaitMs: number;
}

export const defaultLimits: GatewayLimits = {
  maxClients: 5_000,
  maxClientsPerAddress: 5_000,
  maxSymbols: 100_000,
  maxMessageBytes: 1024 * 1024,
  outboxBytes: 16 * 1024 * 1024,
  messagesPerSecond: 100,
  requests: { burst: 10_000, perMinute: 10_000 },
  upgrades: { burst: 5_000, perMinute: 5_000 },
  wrongKeys: { burst: 20, perMinute: 20 },
  lingerMs: 5 * 60_000,
  missingWaitMs: 25_000,
};
