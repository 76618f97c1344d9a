import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { processEnvironment, readCredentials } from '../app/config/environment.ts';
import type { Environment } from '../app/config/resolve.ts';
import type { Settings } from '../app/config/settings.ts';
import { type Daemon, startDaemon } from '../app/service/daemon.ts';
import type { ServiceOptions } from '../app/service/options.ts';
import { Summary } from '../app/summary.ts';
import { isFleeceError } from '../errors.ts';
import { startSimulator } from '../simulator/index.ts';
import type { Log } from '../telemetry/log.ts';
import { AffineClock, systemClock } from '../time/affine-clock.ts';
import type { Clock } from '../time/clock.ts';
import { minuteOf, startOf } from '../time/minute.ts';
import { fromNewYork, toNewYork } from '../time/new-york.ts';
import { MarketCalendar } from '../time/session.ts';
import { clockOf } from './clock.ts';
import { LiveTable } from './live-table.ts';
import { NdjsonWriter } from './ndjson-writer.ts';
import { runDaemon } from './serve.ts';
import { addSettings, settleSettings } from './settings-flags.ts';
import { terminalLog } from './terminal.ts';

/** Without a key the simulated day runs this much faster, so that bars come every few seconds. */
const demoSpeed = 10;
const demoSymbols = 500;
const tenInTheMorning = 10 * 60;

export function demoCommand(): Command {
  const command = new Command('demo').description(
    'what npm start runs: live bars and the page, from Alpaca when keys are set, else from the simulator',
  );
  addSettings(command, ['mode', 'batchSize', 'concurrency', 'rpm', 'minutes', 'output', 'port', 'db']);
  return command.action((flags: Record<string, unknown>) => runDemo(flags));
}

async function runDemo(flags: Record<string, unknown>): Promise<void> {
  const env = processEnvironment();
  const settings = await settleSettings(flags, env);
  const hasKeys = Boolean(env['APCA_API_KEY_ID'] && env['APCA_API_SECRET_KEY']);
  const world = hasKeys ? await realWorld(settings, env) : await simulatedWorld(settings, env);
  const { clock } = world;
  const summary = new Summary(minuteOf(clock.now()));
  const isPretty = (settings.output ?? (process.stdout.isTTY ? 'pretty' : 'ndjson')) === 'pretty';
  const table = isPretty ? new LiveTable(process.stdout, clock, summary) : undefined;
  const log = terminalLog(env, clock, table && ((line) => table.note(line)));
  for (const line of world.greeting) log.info(line);
  let daemon: Daemon | undefined;
  const writer = table
    ? undefined
    : new NdjsonWriter(process.stdout, () => process.kill(process.pid, 'SIGTERM'));
  try {
    daemon = await startOnFreePort(
      {
        settings: world.settings,
        named: [],
        credentials: world.credentials,
        clock,
        log,
        onRequest: (report) => summary.request(report),
        onEvents: (events) => {
          for (const event of events) summary.event(event);
          table?.show(events, daemon?.service.engine.plan);
          return writer?.write(events);
        },
      },
      log,
    );
    await runDaemon(daemon, flags, log);
    writer?.check();
  } finally {
    table?.end();
    await world.close();
  }
  log.info(`done: ${summary.line(daemon.service.engine.plan.symbols)}`);
}

/** The port may be another program's: for a first look any other will do. */
async function startOnFreePort(options: ServiceOptions, log: Log): Promise<Daemon> {
  try {
    return await startDaemon(options);
  } catch (error) {
    const isTaken = isFleeceError(error) && /in use|EADDRINUSE/i.test(error.message);
    if (!isTaken || options.settings.port === 0) throw error;
    log.warn(`port ${options.settings.port} is taken, using another`);
    return startDaemon({ ...options, settings: { ...options.settings, port: 0 } });
  }
}

interface World {
  readonly settings: Settings;
  readonly credentials: { readonly keyId: string; readonly secretKey: string };
  readonly clock: Clock;
  readonly greeting: readonly string[];
  close(): Promise<void>;
}

async function realWorld(settings: Settings, env: Environment): Promise<World> {
  const hasSelection = settings.symbols ?? settings.symbolsFile ?? settings.universe;
  return {
    settings: hasSelection === undefined ? { ...settings, universe: 'sp500' } : settings,
    credentials: readCredentials(env),
    clock: clockOf(env),
    greeting: ['polling Alpaca with your key'],
    close: () => Promise.resolve(),
  };
}

async function simulatedWorld(settings: Settings, env: Environment): Promise<World> {
  const clock = env['FLEECE_CLOCK'] ? clockOf(env) : demoClock();
  const simulator = await startSimulator({ clock, symbols: demoSymbols, revised: 0.01, late: 0.002 });
  const folder = await mkdtemp(join(tmpdir(), 'fleece-demo-'));
  const universe = simulator.market.symbols.join(',');
  return {
    settings: {
      ...settings,
      symbols: universe,
      dataUrl: simulator.url,
      tradingUrl: simulator.url,
      db: join(folder, 'demo.duckdb'),
    },
    credentials: { keyId: 'simulated', secretKey: 'simulated' },
    clock,
    greeting: [
      `no key is set: this is a simulated market of ${demoSymbols} symbols, ${env['FLEECE_CLOCK'] ? 'on FLEECE_CLOCK' : `at ${demoSpeed} times real speed`}`,
      'for real bars: get a free key at alpaca.markets, set APCA_API_KEY_ID and APCA_API_SECRET_KEY, and start again',
    ],
    close: async () => {
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ten in the morning of the latest trading day that has got that far, running fast. */
function demoClock(): AffineClock {
  const now = systemClock.now();
  const calendar = new MarketCalendar();
  const last = calendar.previousMinute(minuteOf(now - 24 * 60 * 60_000), 'regular');
  const morning = startOf(fromNewYork(toNewYork(last).day, tenInTheMorning));
  return new AffineClock(now, morning, demoSpeed);
}
