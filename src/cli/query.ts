import { Command } from 'commander';
import { query } from '../app/commands/query.ts';
import { addSettings } from './settings-flags.ts';
import { type Flags, isBrokenPipe, runStoreCommand, writeOut } from './store-command.ts';

export function queryCommand(): Command {
  const command = new Command('query')
    .description('answer SQL from the store; it can only read, also while fleece serve runs')
    .argument('<sql>', `for example "SELECT symbol, count(*) FROM bars GROUP BY ALL"`)
    .option('--format <format>', 'table, csv, json or ndjson (default: table on a terminal, else ndjson)');
  addSettings(command, ['db']);
  return command.action((sql: string, flags: Flags) =>
    runStoreCommand([], flags, async ({ settings, clock, signal }) => {
      const format =
        typeof flags['format'] === 'string' ? flags['format'] : process.stdout.isTTY ? 'table' : 'ndjson';
      try {
        await query({ db: settings.db, sql, format, clock, signal, write: writeOut });
      } catch (error) {
        if (!isBrokenPipe(error)) throw error;
      }
    }),
  );
}
