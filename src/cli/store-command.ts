import type { CommandContext } from '../app/commands/access.ts';
import { processEnvironment } from '../app/config/environment.ts';
import { FaultyText, type Reader } from '../app/config/readers.ts';
import { FleeceError } from '../errors.ts';
import type { EpochMinute } from '../time/minute.ts';
import { firstMinute, lastMinute, rangeOf } from '../app/commands/minute-range.ts';
import { clockOf } from './clock.ts';
import { settleSettings } from './settings-flags.ts';
import { onStopSignals, terminalLog } from './terminal.ts';

export type Flags = Readonly<Record<string, unknown>>;

/** The descriptions of flags that several commands have. */
export const fromText = 'the first day (YYYY-MM-DD, in New York) or time (ISO, with its offset)';
export const toText = 'the last day or time, inclusive';

/** Read a flag that only this command has. Undefined when it is not given. */
export function readFlag<T>(flags: Flags, name: string, flag: string, read: Reader<T>): T | undefined {
  const text = flags[name];
  if (typeof text !== 'string') return undefined;
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof FaultyText)) throw error;
    throw new FleeceError('usage', `${flag} ${error.message}, not "${text.slice(0, 60)}"`, { cause: error });
  }
}

/** `--from` and `--to` as a range; what is not given is taken from `open`, and must be given without it. */
export function rangeOfFlags(flags: Flags, open?: { readonly from: EpochMinute; readonly to: EpochMinute }) {
  const from = readFlag(flags, 'from', '--from', firstMinute) ?? open?.from;
  const to = readFlag(flags, 'to', '--to', lastMinute) ?? open?.to;
  if (from === undefined || to === undefined)
    throw new FleeceError(
      'usage',
      `${from === undefined ? '--from' : '--to'} is not given: ${from === undefined ? fromText : toText}`,
    );
  return rangeOf(from, to);
}

/** Run a command on the store: its settings, clock and log, and a signal that fires when it is to stop. */
export async function runStoreCommand(
  named: readonly string[],
  flags: Flags,
  run: (context: CommandContext) => Promise<void>,
  write?: (line: string) => void,
): Promise<void> {
  const env = processEnvironment();
  const settings = await settleSettings(flags, env);
  const clock = clockOf(env);
  const log = terminalLog(env, clock, write);
  const stop = new AbortController();
  const dispose = onStopSignals((name) => stop.abort(new FleeceError('aborted', `stopped by ${name}`)));
  try {
    await run({ settings, named, clock, log, signal: stop.signal });
  } finally {
    dispose();
  }
}

/** Write to stdout at its reader's pace. A reader that has gone, as `| head` does, ends the command quietly. */
export async function writeOut(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** True when the reader of stdout has gone. */
export function isBrokenPipe(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if ('code' in at && at.code === 'EPIPE') return true;
  return false;
}
