import Table from 'cli-table3';
import { Command } from 'commander';
import { wholeNumber } from '../app/config/readers.ts';
import { FleeceError, messageOf } from '../errors.ts';
import type { LoadRow } from './loadtest-report.ts';
import { runRow } from './loadtest-row.ts';

/** Symbols and batch sizes of the table: the report's five, then what lies beyond them. */
const rows = [
  [31, 1],
  [31, 10],
  [100, 10],
  [100, 25],
  [200, 25],
  [500, 50],
  [1_000, 50],
  [2_000, 100],
  [11_635, 100],
] as const;

export function loadtestCommand(): Command {
  return new Command('loadtest')
    .description('stream simulated universes of 31 to 11,635 symbols and account for every bar')
    .option('--minutes <n>', 'minutes to deliver in each row (default: 3)')
    .option('--speed <n>', 'how many times faster than real time the clock of a row runs (default: 30)')
    .option('--rpm <n>', 'requests a minute (default: 180)')
    .option('--most <n>', 'leave out rows of more symbols')
    .option('--json', 'print JSON')
    .action(runLoadtest);
}

async function runLoadtest(flags: Record<string, unknown>): Promise<void> {
  const minutes = numberOf(flags, 'minutes', 3, 600);
  const speed = numberOf(flags, 'speed', 30, 600);
  const rpm = numberOf(flags, 'rpm', 180, 10_000);
  const most = numberOf(flags, 'most', 1_000_000, 1_000_000);
  const done: LoadRow[] = [];
  for (const [symbols, batchSize] of rows) {
    if (symbols > most) continue;
    process.stderr.write(`${symbols} symbols, batches of ${batchSize} ...\n`);
    done.push(await runRow({ symbols, batchSize, minutes, speed, rpm }));
  }
  process.stdout.write(flags['json'] ? `${JSON.stringify(done, null, 2)}\n` : render(done, minutes, speed));
  const bad = done.filter((row) => row.lost + row.doubled + row.wrong > 0);
  if (bad.length > 0)
    throw new FleeceError('bad_response', `${bad.length} rows lost, doubled or changed bars`);
}

function numberOf(flags: Record<string, unknown>, name: string, fallback: number, most: number): number {
  const given = flags[name];
  if (typeof given !== 'string') return fallback;
  try {
    return wholeNumber(1, most)(given);
  } catch (error) {
    throw new FleeceError('usage', `--${name} ${messageOf(error)}, not "${given.slice(0, 60)}"`);
  }
}

function render(done: readonly LoadRow[], minutes: number, speed: number): string {
  const table = new Table({
    head: [
      'symbols',
      'batch',
      'requests',
      '429s',
      'bars',
      'lost',
      'doubled',
      'wrong',
      'pass',
      'CPU',
      'peak memory',
    ],
    colAligns: Array.from({ length: 11 }, () => 'right' as const),
    style: { head: [], border: [] },
  });
  for (const row of done) {
    table.push([
      row.symbols,
      row.batchSize,
      row.requests,
      row.refused,
      row.bars,
      row.lost,
      row.doubled,
      row.wrong,
      `${(row.meanPassMs / 1000).toFixed(1)} s`,
      `${(row.cpuMs / 1000).toFixed(2)} s`,
      `${row.peakMemoryMb.toFixed(0)} MB`,
    ]);
  }
  const note =
    `${minutes} minutes each, at ${speed} times real speed: "pass" is the time of a first pass on that clock, ` +
    `so divide it by ${speed} for what it took here; CPU and memory are of the streaming process alone.\n`;
  return `${table.toString()}\n${note}`;
}
