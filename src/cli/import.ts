import { Command } from 'commander';
import { importFiles } from '../app/commands/import.ts';
import { addSettings } from './settings-flags.ts';
import { type Flags, runStoreCommand, writeOut } from './store-command.ts';

export function importCommand(): Command {
  const command = new Command('import')
    .description('take bars of Parquet, CSV or NDJSON files into the store; safe to repeat')
    .argument(
      '<files...>',
      'files (.parquet, .csv, .ndjson, .jsonl, the last three also .gz), or folders of Parquet',
    );
  addSettings(command, ['feed', 'db']);
  return command.action((files: string[], flags: Flags) =>
    runStoreCommand([], flags, async ({ settings: { db, feed }, clock, signal }) => {
      let total = 0;
      const lines: string[] = [];
      await importFiles({
        db,
        files,
        feed,
        clock,
        signal,
        onFile: (file, { added, revised, late, unchanged }) => {
          total += added + revised;
          const line = `${file}: ${added} added, ${revised} revised, ${late + unchanged} that the store has already\n`;
          if (files.length > 1) process.stderr.write(line);
          else lines.push(line);
        },
      });
      await writeOut(
        files.length > 1 ? `${files.length} files: ${total} bars added or revised\n` : lines.join(''),
      );
    }),
  );
}
