import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSettings } from '../../src/app/config/resolve.ts';
import type { Settings } from '../../src/app/config/settings.ts';
import { type Daemon, startDaemon } from '../../src/app/service/daemon.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { AffineClock } from '../../src/time/affine-clock.ts';
import { sleepUntil } from '../../src/time/clock.ts';

export interface DaemonScenario {
  readonly simulator?: SimulatorOptions;
  readonly settings?: Partial<Settings>;
  /** Names that the market does not have, polled all the same. */
  readonly more?: readonly string[];
  /** The virtual time at which the daemon starts, and how fast it runs. */
  readonly start: string;
  readonly speed: number;
}

export interface DaemonRun {
  readonly url: string;
  readonly daemon: Daemon;
  readonly simulator: Simulator;
  readonly clock: AffineClock;
  /** Resolves at a virtual time. */
  until(time: string): Promise<void>;
  close(): Promise<void>;
}

/** The whole daemon, its gateway and its page, polling the simulator on a fast clock. */
export async function startRealDaemon(scenario: DaemonScenario): Promise<DaemonRun> {
  const folder = await mkdtemp(join(tmpdir(), 'fleece-page-'));
  const clock = new AffineClock(Date.now(), Date.parse(scenario.start), scenario.speed);
  const simulator = await startSimulator({ clock, port: 0, ...scenario.simulator });
  const daemon = await startDaemon({
    settings: {
      ...resolveSettings([]),
      db: join(folder, 'bars.duckdb'),
      port: 0,
      dataUrl: simulator.url,
      tradingUrl: simulator.url,
      ...scenario.settings,
    },
    named: [...simulator.market.symbols, ...(scenario.more ?? [])],
    credentials: { keyId: 'page-key', secretKey: 'page-secret' },
    clock,
    log: silentLog,
  });
  const stop = new AbortController();
  const running = daemon.run(stop.signal);
  return {
    url: daemon.gateway.url,
    daemon,
    simulator,
    clock,
    until: (time) => sleepUntil(clock, Date.parse(time)),
    close: async () => {
      stop.abort(new Error('the test is over'));
      await running;
      await daemon.close();
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
