import { createRequire } from 'node:module';
import { Command } from 'commander';
import { exitOf } from './usage.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Each command is loaded when it is wanted: a stream need not wait for the database to be loaded. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  stream: async () => (await import('./stream.ts')).streamCommand(),
  serve: async () => (await import('./serve.ts')).serveCommand(),
  backfill: async () => (await import('./backfill.ts')).backfillCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  coverage: async () => (await import('./coverage.ts')).coverageCommand(),
  query: async () => (await import('./query.ts')).queryCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  import: async () => (await import('./import.ts')).importCommand(),
  plan: async () => (await import('./plan.ts')).planCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  loadtest: async () => (await import('./loadtest.ts')).loadtestCommand(),
  demo: async () => (await import('./demo.ts')).demoCommand(),
};

/** The command line: of one command when `only` names it, else whole. */
export async function program(only?: string): Promise<Command> {
  const root = new Command('fleece')
    .description('Every minute bar of the US market from one Alpaca key, the free one included.')
    .version(version)
    .helpCommand(true)
    .showHelpAfterError('(see fleece --help)')
    .enablePositionalOptions();
  const load = only !== undefined && Object.hasOwn(commands, only) ? commands[only] : undefined;
  const wanted = load ? [load] : Object.values(commands);
  for (const command of await Promise.all(wanted.map((loader) => loader()))) root.addCommand(command);
  for (const command of [root, ...root.commands]) command.exitOverride().allowExcessArguments(false);
  return root;
}

/** Run a command line and set the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(args: readonly string[]): Promise<void> {
  try {
    const root = await program(args[0]);
    await root.parseAsync(args, { from: 'user' });
  } catch (error) {
    const { code, message } = exitOf(error);
    if (message !== undefined) process.stderr.write(`fleece: ${message}\n`);
    process.exitCode = code;
  }
}
