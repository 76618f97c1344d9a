import { systemClock } from '../time/affine-clock.ts';
import type { Clock } from '../time/clock.ts';
import { createHandler, type HandlerOptions } from './handler.ts';
import { createMarket, type Market, type MarketOptions } from './market.ts';
import type { RequestLog } from './request-log.ts';
import { serve } from './server.ts';

export interface SimulatorOptions extends MarketOptions, Omit<HandlerOptions, 'market' | 'clock'> {
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

export interface Simulator {
  /** Base URL for data and trading alike. */
  readonly url: string;
  readonly port: number;
  readonly market: Market;
  readonly log: RequestLog;
  readonly close: () => Promise<void>;
}

/**
 * The local Alpaca on a port.
 *
 * @throws RangeError for an option out of range; the system's error when the port cannot be had.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { clock = systemClock, host = '127.0.0.1', port = 0 } = options;
  const market = createMarket(options);
  const handler = createHandler({ ...options, market, clock });
  const { url, port: taken, close } = await serve(handler, { host, port, clock });
  return { url, port: taken, market, log: handler.log, close };
}
