import { type StreamEvent } from '../../src/app/bar-stream.ts';
import { streamBars, type StreamBarsOptions } from '../../src/app/stream-bars.ts';
import { FleeceError } from '../../src/errors.ts';
import {
  createHandler,
  createInProcessTransport,
  createMarket,
  type HandlerOptions,
  type MarketOptions,
} from '../../src/simulator/index.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';
import { account, type Faults } from './account.ts';

export interface ScenarioOptions {
  readonly market: MarketOptions;
  readonly handler?: Partial<HandlerOptions>;
  readonly stream?: Partial<StreamBarsOptions>;
  /** More symbols to ask for than the market has: malformed or unknown ones. */
  readonly extra?: readonly string[];
  readonly minutes: number;
  readonly start?: string;
  readonly onEvent?: (event: StreamEvent) => void | Promise<void>;
}

export interface ScenarioResult {
  readonly faults: Faults;
  readonly events: readonly StreamEvent[];
  readonly requests: number;
  readonly refused: number;
  /** Most requests that reached the service in any 60 s. */
  readonly busiest: number;
  readonly bars: number;
}

const lookback = 5;

/** Run the simulator and a stream of all its symbols in this process, without waiting, and account for every bar. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const clock = new SteppedClock(Date.parse(options.start ?? '2026-01-14T15:00:20Z'));
  const market = createMarket(options.market);
  const handler = createHandler({ clock, market, ...options.handler });
  const transport = createInProcessTransport(handler, {
    clock,
    broken: (code, message) => new FleeceError('network', `${code}: ${message}`, { retryable: true }),
  });
  const from = Math.floor(clock.now() / 60_000);
  const stream = streamBars({
    symbols: [...market.symbols, ...(options.extra ?? [])],
    minutes: options.minutes,
    lookback,
    clock,
    transport,
    credentials: { keyId: 'scenario-key', secretKey: 'scenario-secret' },
    env: {},
    ...options.stream,
  });
  const events: StreamEvent[] = [];
  for await (const event of stream.events()) {
    events.push(event);
    await options.onEvent?.(event);
  }
  return {
    faults: account(events, {
      market,
      symbols: market.symbols,
      from,
      to: from + options.minutes - 1,
      endedAt: lastAsked(events),
      lookback,
    }),
    events,
    requests: handler.log.total,
    refused: handler.log.count(429),
    busiest: handler.log.mostPerMinute('data'),
    bars: events.filter((event) => event.type === 'bar').length,
  };
}

/** When the last whole pass began: what became visible later is not owed. */
function lastAsked(events: readonly StreamEvent[]): number {
  return events.reduce(
    (at, event) => (event.type === 'pass' && event.pass === 'first' ? event.startedAt : at),
    0,
  );
}
