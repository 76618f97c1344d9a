import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Command } from 'commander';
import { type CommandContext, selectedSymbols } from '../app/commands/access.ts';
import { exportFormat, exportStore, type ExportTo } from '../app/commands/export.ts';
import { readCredentials } from '../app/config/environment.ts';
import { FleeceError } from '../errors.ts';
import type { EpochMinute } from '../time/minute.ts';
import { addSettings } from './settings-flags.ts';
import {
  type Flags,
  fromText,
  isBrokenPipe,
  rangeOfFlags,
  readFlag,
  runStoreCommand,
  toText,
} from './store-command.ts';

/** Beyond every bar there is. */
const always = { from: 0 as EpochMinute, to: 60_000_000 as EpochMinute };

export function exportCommand(): Command {
  const command = new Command('export')
    .description('write bars of the store out, the newest version of each, by symbol and time')
    .argument('[symbols...]', 'symbols (default: all of the store)')
    .option('--from <time>', `${fromText} (default: the first bar)`)
    .option('--to <time>', `${toText} (default: the last bar)`)
    .option('--format <format>', 'ndjson, csv or parquet (default: ndjson)')
    .option('--out <path>', 'a file, or - for stdout (the default); for parquet a folder');
  addSettings(command, ['symbolsFile', 'universe', 'db']);
  return command.action((named: string[], flags: Flags) =>
    runStoreCommand(named, flags, (context) => run(context, flags)),
  );
}

async function run(context: CommandContext, flags: Flags): Promise<void> {
  const range = rangeOfFlags(flags, always);
  const format = readFlag(flags, 'format', '--format', exportFormat) ?? 'ndjson';
  const out = typeof flags['out'] === 'string' ? flags['out'] : '-';
  if (out === '') throw new FleeceError('usage', '--out must not be empty');
  if (format === 'parquet' && out === '-')
    throw new FleeceError('usage', '--format parquet needs --out FOLDER: it writes a file for each day');
  const symbols = await selectedSymbols(context, readCredentials);
  const { settings, clock, signal } = context;
  const write = (to: ExportTo) =>
    exportStore({ db: settings.db, clock, signal, range: { ...range, ...(symbols && { symbols }) }, to });
  if (format === 'parquet') {
    const { bars, files } = await write({ format, folder: out });
    process.stderr.write(`${bars} bars in ${files.length} files below ${out}\n`);
  } else if (out === '-') {
    await write({ format, to: process.stdout }).catch((error: unknown) => {
      if (!isBrokenPipe(error)) throw error;
    });
  } else {
    await toFile(out, (to) => write({ format, to }));
  }
}

/** Write a file beside its place first: a half-written export is never taken for a whole one. */
async function toFile(
  path: string,
  write: (to: Writable) => Promise<{ readonly bars: number }>,
): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = createWriteStream(unfinished);
  try {
    const { bars } = await write(file);
    file.end();
    await finished(file);
    renameSync(unfinished, path);
    process.stderr.write(`${bars} bars in ${path}\n`);
  } catch (error) {
    file.destroy();
    rmSync(unfinished, { force: true });
    throw error;
  }
}
