import { Command } from 'commander';
import { type CommandContext, selectedSymbols } from '../app/commands/access.ts';
import { type CoverageRow, coverageRows, heatLegend } from '../app/commands/coverage.ts';
import { knownSymbols } from '../app/commands/known-symbols.ts';
import { openStore } from '../app/commands/open-store.ts';
import { readCredentials } from '../app/config/environment.ts';
import { FaultyText, wholeNumber } from '../app/config/readers.ts';
import { MarketHours } from '../app/market-hours.ts';
import { FleeceError } from '../errors.ts';
import { parseIsoDate } from '../time/calendar-date.ts';
import { newYorkDate } from '../time/new-york.ts';
import { addSettings } from './settings-flags.ts';
import {
  type Flags,
  fromText,
  isBrokenPipe,
  rangeOfFlags,
  readFlag,
  runStoreCommand,
  toText,
  writeOut,
} from './store-command.ts';

export function coverageCommand(): Command {
  const command = new Command('coverage')
    .description('show per symbol and day which minutes have a bar, were quiet, or are missing')
    .argument('[symbols...]', 'symbols (default: all of the store)')
    .option('--date <date>', 'one day, YYYY-MM-DD in New York (default: today)')
    .option('--from <time>', fromText)
    .option('--to <time>', toText)
    .option('--column <minutes>', 'minutes of one column (default: 15)')
    .option('--rows <n>', 'rows that are printed (default: 50)')
    .option('--json', 'print all rows as JSON');
  addSettings(command, ['symbolsFile', 'universe', 'db', 'session']);
  return command.action((named: string[], flags: Flags) =>
    runStoreCommand(named, flags, (context) => run(context, flags)),
  );
}

function date(text: string): string {
  if (parseIsoDate(text) !== undefined) return text;
  throw new FaultyText('has to be a date such as 2026-01-14');
}

async function run(context: CommandContext, flags: Flags): Promise<void> {
  const { settings, clock } = context;
  const now = clock.now();
  const hasRange = flags['from'] !== undefined || flags['to'] !== undefined;
  if (hasRange && flags['date'] !== undefined)
    throw new FleeceError('usage', '--date stands for --from and --to: give one or the other');
  const day = readFlag(flags, 'date', '--date', date) ?? newYorkDate(now);
  const range = rangeOfFlags(hasRange ? flags : { from: day, to: day });
  const columnMinutes = readFlag(flags, 'column', '--column', wholeNumber(1, 1_440)) ?? 15;
  const mostRows = readFlag(flags, 'rows', '--rows', wholeNumber(1, 1_000_000)) ?? 50;
  const selected = await selectedSymbols(context, readCredentials);
  const store = await openStore({ path: settings.db, clock });
  try {
    const { account, calendar } = store.memory;
    const hours = new MarketHours(settings.session, calendar);
    account.useCalendar((minute, symbol) => hours.nextOpenMinute(minute, symbol));
    const symbols = selected ?? (await knownSymbols(store, range));
    const { lookback } = settings;
    const rows = await coverageRows({ store, symbols, range, hours, now, lookback, columnMinutes });
    const text = flags['json'] === true ? `${JSON.stringify(rows)}\n` : render(rows, mostRows, columnMinutes);
    await writeOut(text).catch((error: unknown) => {
      if (!isBrokenPipe(error)) throw error;
    });
  } finally {
    await store.close();
  }
}

function render(rows: readonly CoverageRow[], mostRows: number, columnMinutes: number): string {
  if (rows.length === 0) return 'nothing: no session in these days, or no symbol of the store in them\n';
  const head = ['symbol', 'day', 'bars', 'quiet', 'missing', 'pending', 'quarantined', 'known', 'map'];
  const shown = rows.slice(0, mostRows).map((row) => [
    row.symbol,
    row.date,
    ...[row.bars, row.quiet, row.missing, row.pending, row.quarantined].map(String),
    // Rounded down: 100 % has nothing missing.
    `${(Math.floor(row.percent * 10) / 10).toFixed(1)} %`,
    `|${row.heat}|`,
  ]);
  const widths = head.map((name, at) =>
    Math.max(name.length, ...shown.map((cells) => cells[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at < 2 || at === 8 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  const sum = (of: (row: CoverageRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const rest = rows.length - shown.length;
  return [
    line(head),
    ...shown.map(line),
    ...(rest > 0 ? [`and ${rest} more rows, none worse (--rows N shows more, --json all)`] : []),
    `${rows.length} rows: ${sum((row) => row.bars)} bars, ${sum((row) => row.quiet)} quiet, ${sum((row) => row.missing)} missing, ${sum((row) => row.pending)} pending, ${sum((row) => row.quarantined)} quarantined`,
    `one column is ${columnMinutes} minutes: ${heatLegend}`,
    '',
  ].join('\n');
}
