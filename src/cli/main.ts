import { createRequire } from 'node:module';
import { Command } from 'commander';
import { backfillCommand } from './backfill.ts';
import { coverageCommand } from './coverage.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { demoCommand } from './demo.ts';
import { loadtestCommand } from './loadtest.ts';
import { planCommand } from './plan.ts';
import { queryCommand } from './query.ts';
import { serveCommand } from './serve.ts';
import { simulateCommand } from './simulate.ts';
import { streamCommand } from './stream.ts';
import { exitOf } from './usage.ts';
import { verifyCommand } from './verify.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** The whole command line. */
export function program(): Command {
  const root = new Command('fleece')
    .description('Every minute bar of the US market from one Alpaca key, the free one included.')
    .version(version)
    .helpCommand(true)
    .showHelpAfterError('(see fleece --help)')
    .enablePositionalOptions();
  for (const command of [
    streamCommand(),
    serveCommand(),
    backfillCommand(),
    verifyCommand(),
    coverageCommand(),
    queryCommand(),
    exportCommand(),
    importCommand(),
    planCommand(),
    simulateCommand(),
    loadtestCommand(),
    demoCommand(),
  ])
    root.addCommand(command);
  for (const command of [root, ...root.commands]) command.exitOverride().allowExcessArguments(false);
  return root;
}

/** Run a command line and set the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(args: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(args, { from: 'user' });
  } catch (error) {
    const { code, message } = exitOf(error);
    if (message !== undefined) process.stderr.write(`fleece: ${message}\n`);
    process.exitCode = code;
  }
}
