import Table from 'cli-table3';
import { Command } from 'commander';
import { accessService, type CommandContext, selectedSymbols } from '../app/commands/access.ts';
import type { Difference } from '../app/commands/compare.ts';
import { inSession } from '../app/commands/in-session.ts';
import { knownSymbols } from '../app/commands/known-symbols.ts';
import { openStore } from '../app/commands/open-store.ts';
import { verify, type VerifyResult } from '../app/commands/verify.ts';
import { readCredentials } from '../app/config/environment.ts';
import { MarketHours } from '../app/market-hours.ts';
import { FleeceError } from '../errors.ts';
import { toIsoMinute } from '../time/minute.ts';
import { addSettings } from './settings-flags.ts';
import { type Flags, fromText, rangeOfFlags, runStoreCommand, toText, writeOut } from './store-command.ts';

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description(
      'ask the service again and compare with the store, bar by bar; exit code 1 on any difference',
    )
    .argument('[symbols...]', 'symbols (default: all of the store)')
    .option('--from <time>', fromText)
    .option('--to <time>', toText)
    .option('--fix', 'write what the service says, as new versions');
  addSettings(command, ['symbolsFile', 'universe', 'rpm', 'timeout', 'db', 'session']);
  return command.action((named: string[], flags: Flags) =>
    runStoreCommand(named, flags, (context) => run(context, flags)),
  );
}

async function run(context: CommandContext, flags: Flags): Promise<void> {
  const { settings, clock, log, signal } = context;
  const range = rangeOfFlags(flags);
  const selected = await selectedSymbols(context, readCredentials);
  const fix = flags['fix'] === true;
  const access = accessService(context, readCredentials());
  try {
    const store = await openStore({ path: settings.db, clock });
    try {
      const { account, calendar } = store.memory;
      const hours = new MarketHours(settings.session, calendar);
      account.useCalendar((minute, symbol) => hours.nextOpenMinute(minute, symbol));
      const symbols = selected ?? (await knownSymbols(store, range));
      const result = await verify({
        store,
        source: inSession(access.source, hours),
        log,
        signal,
        fix,
        symbols,
        range,
        account,
        hours,
        now: clock.now(),
        lookback: settings.lookback,
      });
      await report(result, fix, access.host.budget.usage().total);
    } finally {
      await store.close();
    }
  } finally {
    await access.close();
  }
}

async function report(result: VerifyResult, fix: boolean, requests: number): Promise<void> {
  const { counts, compared, uncovered, fixed, failed, refused, differences } = result;
  const total = counts.missing + counts.gone + counts.differs;
  if (total > 0) await writeOut(tableOf(differences, total));
  for (const [symbol, reason] of refused) process.stderr.write(`${symbol} was refused: ${reason}\n`);
  const lines = [
    `${compared} bars compared in ${requests} requests: ` +
      `${counts.differs} differ, ${counts.missing} missing here, ${counts.gone} not there any more`,
  ];
  if (uncovered > 0)
    lines.push(
      `${uncovered} minutes of these symbols were never asked: only bars that are there were compared (fleece backfill asks for the rest)`,
    );
  if (fix && total > 0) lines.push(`${fixed} bars were written as the service has them`);
  await writeOut(`${lines.join('\n')}\n`);
  if (failed > 0)
    throw new FleeceError(
      'network',
      `${failed} questions could not be asked: what they are about is not verified`,
    );
  if (fix && counts.gone > 0)
    throw new FleeceError(
      'bad_response',
      `${counts.gone} bars that the service has no more are left: Fleece deletes none`,
    );
  if (total > 0 && (!fix || fixed < total))
    throw new FleeceError(
      'bad_response',
      `${total - fixed} differences (--fix writes what the service says)`,
    );
}

/** Rows that are printed. */
const mostRows = 40;
const words = { missing: 'missing here', gone: 'not there any more', differs: 'differs' } as const;
const fields = ['o', 'h', 'l', 'c', 'v', 'n', 'vw'] as const;

function tableOf(differences: readonly Difference[], total: number): string {
  const table = new Table({
    head: ['symbol', 'minute', 'feed', 'difference', 'here', 'service'],
    style: { head: [], border: [] },
  });
  for (const { symbol, minute, feed, kind, here, there } of differences.slice(0, mostRows)) {
    const shown = fields.filter((field) => !here || !there || here[field] !== there[field]);
    const text = (row: Difference['here']) =>
      row ? shown.map((field) => `${field} ${row[field]}`).join(', ') : '';
    table.push([symbol, toIsoMinute(minute), feed, words[kind], text(here), text(there)]);
  }
  const more = total - Math.min(differences.length, mostRows);
  return `${table.toString()}\n${more > 0 ? `and ${more} more\n` : ''}`;
}
