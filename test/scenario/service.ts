import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSettings } from '../../src/app/config/resolve.ts';
import type { Settings } from '../../src/app/config/settings.ts';
import { createService, type Service } from '../../src/app/service/service.ts';
import { FleeceError } from '../../src/errors.ts';
import {
  createHandler,
  createInProcessTransport,
  createMarket,
  type Handler,
  type HandlerOptions,
  type Market,
  type MarketOptions,
} from '../../src/simulator/index.ts';
import { type Log, silentLog } from '../../src/telemetry/log.ts';
import { AffineClock } from '../../src/time/affine-clock.ts';
import { sleepUntil } from '../../src/time/clock.ts';

export interface ServiceScenario {
  readonly market: MarketOptions;
  readonly handler?: Partial<HandlerOptions>;
  readonly settings?: Partial<Settings>;
  /** Virtual times. */
  readonly start: string;
  readonly end: string;
  readonly speed: number;
  readonly log?: Log;
  readonly symbols?: readonly string[];
}

export interface ServiceRun {
  readonly service: Service;
  readonly market: Market;
  readonly handler: Handler;
  readonly clock: AffineClock;
}

/** Run the daemon's engine over the simulator in this process, on a fast clock, then look at what it left. */
export async function runService(
  scenario: ServiceScenario,
  look: (run: ServiceRun) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fleece-service-'));
  const clock = new AffineClock(Date.now(), Date.parse(scenario.start), scenario.speed);
  const market = createMarket(scenario.market);
  const handler = createHandler({ clock, market, keepRequests: 100_000, ...scenario.handler });
  const transport = createInProcessTransport(handler, {
    clock,
    broken: (code, message) => new FleeceError('network', `${code}: ${message}`, { retryable: true }),
  });
  const settings = { ...resolveSettings([]), db: join(folder, 'bars.duckdb'), ...scenario.settings };
  const service = await createService({
    settings,
    named: scenario.symbols ?? market.symbols,
    credentials: { keyId: 'scenario-key', secretKey: 'scenario-secret' },
    clock,
    log: scenario.log ?? silentLog,
    transport,
  });
  const stop = new AbortController();
  try {
    const running = service.run(stop.signal);
    await sleepUntil(clock, Date.parse(scenario.end));
    stop.abort(new Error('the scenario is over'));
    await running;
    await look({ service, market, handler, clock });
  } finally {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  }
}
