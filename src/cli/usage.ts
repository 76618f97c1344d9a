import { CommanderError } from 'commander';
import { codeOf, FleeceError, isFleeceError, messageOf } from '../errors.ts';

/** 0 done, 1 failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** The exit code that an error stands for, and what to print of it. No stack trace ever reaches a user. */
export function exitOf(error: unknown): { readonly code: ExitCode; readonly message: string | undefined } {
  if (error instanceof CommanderError) {
    // Commander has printed its own message already.
    return { code: error.exitCode === 0 ? 0 : 2, message: undefined };
  }
  if (isFleeceError(error)) return { code: error.code === 'usage' ? 2 : 1, message: error.message };
  return { code: 1, message: `unexpected: ${messageOf(error)}` };
}

/** The usage error of a file that a flag names. */
export function unreadable(flag: string, path: string, error: unknown): FleeceError {
  const code = codeOf(error);
  const why =
    code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : messageOf(error);
  return new FleeceError('usage', `${flag}: cannot read ${path}: ${why}`, { cause: error });
}
