import { Command } from 'commander';
import { processEnvironment, readCredentials } from '../app/config/environment.ts';
import { type Daemon, startDaemon } from '../app/service/daemon.ts';
import type { Log } from '../telemetry/log.ts';
import { clockOf } from './clock.ts';
import { letHeapDouble } from './heap-growth.ts';
import { reloadOnHangup } from './reload.ts';
import {
  addSettings,
  planSettings,
  pollingSettings,
  selectionSettings,
  settleSettings,
} from './settings-flags.ts';
import { onStopSignals, terminalLog } from './terminal.ts';

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('poll, keep the bars, repair what was missed, and serve them to any number of programs')
    .argument('[symbols...]', 'symbols, for example AAPL MSFT BRK.B BTC/USD');
  addSettings(command, [
    ...selectionSettings,
    ...planSettings,
    ...pollingSettings,
    'db',
    'port',
    'host',
    'clientKey',
    'clientKeysFile',
    'tls',
    'proxyMissing',
    'heal',
    'session',
  ]);
  return command.action(runServe);
}

async function runServe(named: string[], flags: Record<string, unknown>): Promise<void> {
  const env = processEnvironment();
  const settings = await settleSettings(flags, env);
  const clock = clockOf(env);
  const log = terminalLog(env, clock);
  const all = settings.symbols === undefined ? named : [...named, settings.symbols];
  const daemon = await startDaemon({ settings, named: all, credentials: readCredentials(env), clock, log });
  await runDaemon(daemon, flags, log);
}

/** Run a daemon until it is done or told to stop, then let go of everything. */
export async function runDaemon(daemon: Daemon, flags: Record<string, unknown>, log: Log): Promise<void> {
  const { service, gateway } = daemon;
  letHeapDouble();
  const stop = new AbortController();
  const undo = [
    onStopSignals((signal) => stop.abort(new Error(signal))),
    reloadOnHangup((settings) => service.engine.replan(settings), flags, log),
  ];
  log.info(`serving at ${gateway.url} (an Alpaca program only changes its URL)`);
  try {
    await daemon.run(stop.signal);
  } finally {
    await daemon.close();
    for (const dispose of undo) dispose();
  }
  log.info(`stopped: ${service.status.delivered} bars, ${service.status.revisions} revisions`);
}
