import { readFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { processEnvironment, readCredentials } from '../app/config/environment.ts';
import { wholeNumber } from '../app/config/readers.ts';
import { createHost, createRetryPolicy } from '../app/hosts.ts';
import { selectSymbols } from '../app/selection.ts';
import { FleeceError, messageOf } from '../errors.ts';
import { matrix } from '../plan/matrix.ts';
import { makePlan, type Plan } from '../plan/plan.ts';
import { clockOf } from './clock.ts';
import { addSettings, planSettings, selectionSettings, settleSettings } from './settings-flags.ts';
import { terminalLog } from './terminal.ts';

export function planCommand(): Command {
  const command = new Command('plan')
    .description('show how a universe would be polled, and what that costs, without asking for a bar')
    .argument('[symbols...]', 'symbols, for example AAPL MSFT BRK.B');
  addSettings(command, [...selectionSettings, ...planSettings, 'lookback']);
  return command
    .addOption(
      new Option('--round-trip <ms>', 'time from a request to its answer, for the estimate (default: 150)'),
    )
    .option('--json', 'print JSON')
    .action(runPlan);
}

async function runPlan(named: string[], flags: Record<string, unknown>): Promise<void> {
  const env = processEnvironment();
  const settings = await settleSettings(flags, env);
  const roundTripMs = roundTripOf(flags['roundTrip']);
  const clock = clockOf(env);
  const log = terminalLog(env, clock);
  const trading = () => ({
    host: createHost({
      baseUrl: settings.tradingUrl,
      credentials: readCredentials(env),
      clock,
      requestsPerMinute: settings.rpm,
      timeoutMs: settings.timeout * 1000,
    }),
    retry: createRetryPolicy(clock, log),
  });
  const { symbols } = await selectSymbols({ named, settings, readFile, log, trading });
  const shape = { mode: settings.mode, requestsPerMinute: settings.rpm, roundTripMs };
  const plan = makePlan({
    ...shape,
    symbols,
    batchSize: settings.batchSize,
    lookback: settings.lookback,
    concurrency: settings.concurrency,
  });
  const text = flags['json'] ? `${JSON.stringify(plan, null, 2)}\n` : render(plan);
  process.stdout.write(text);
}

function roundTripOf(given: unknown): number {
  if (typeof given !== 'string') return 150;
  try {
    return wholeNumber(1, 60_000)(given);
  } catch (error) {
    throw new FleeceError('usage', `--round-trip ${messageOf(error)}, not "${given.slice(0, 60)}"`);
  }
}

function render(plan: Plan): string {
  const lines = [
    `${plan.symbols} symbols, mode ${plan.mode}: ${plan.batches} requests of up to ${plan.batchSize} symbols, ${plan.concurrency} in flight`,
    `${plan.requestsPerMinute} requests a minute of ${plan.budgetPerMinute} (${percent(plan.budgetShare)}), up to ${plan.secondPassRequests} more for second looks`,
    `about ${plan.secondsPerCycle.toFixed(1)} s a pass at a round trip of ${plan.roundTripMs} ms`,
    plan.fits
      ? 'fits: every symbol is asked about every minute'
      : `does not fit a minute: every symbol is asked about every ${plan.cadenceMinutes} minutes`,
    ...plan.warnings.map((warning) => `warning: ${warning}`),
  ];
  return `${lines.join('\n')}\n\n${matrixTable(plan)}\n`;
}

function matrixTable(plan: Plan): string {
  const table = new Table({
    head: ['symbols', 'batch', 'in flight', 'requests/min', 'of budget', 'seconds/pass'],
    colAligns: ['right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const row of matrix) {
    const requests = Math.ceil(row.symbols / row.batchSize);
    const passSeconds = (Math.ceil(requests / row.concurrency) * plan.roundTripMs) / 1000;
    table.push([
      row.symbols,
      row.batchSize,
      row.concurrency,
      requests,
      percent(requests / plan.budgetPerMinute),
      passSeconds.toFixed(1),
    ]);
  }
  return table.toString();
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
