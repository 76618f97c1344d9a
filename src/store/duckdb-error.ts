import { FleeceError, isFleeceError, messageOf } from '../errors.ts';

interface Cause {
  readonly sign: RegExp;
  readonly retryable: boolean;
  say(path: string, message: string): string;
}

const causes: readonly Cause[] = [
  {
    sign: /could not set lock|conflicting lock/i,
    retryable: true,
    say: (path, message) =>
      `the store ${path} is open in another process${holder(message)}: stop that process, or give another --db PATH`,
  },
  {
    sign: /no space left|disk quota|ENOSPC|out of disk|could not (?:write|truncate|fsync)/i,
    retryable: true,
    say: (path) =>
      `the disk of the store ${path} is full or cannot be written: nothing of this commit was kept; make room and try again`,
  },
  {
    sign: /permission denied|cannot open file|read-only file system|EACCES|EROFS|EISDIR|ENOTDIR|EEXIST|is a directory/i,
    retryable: false,
    say: (path) => `the store ${path} cannot be opened: check the path and who may write it`,
  },
  {
    sign: /version number|newer version of duckdb|storage version/i,
    retryable: false,
    say: (path) =>
      `the store ${path} was written by another version of DuckDB: use the version of Fleece that wrote it`,
  },
  {
    sign: /not a valid duckdb|corrupt|checksum|serialization error|deserialize|metadata pointer|failed to read (?:header|wal)|replaying wal|could not read/i,
    retryable: false,
    say: (path) =>
      `the store ${path} is damaged or not a DuckDB file: nothing was changed in it; move it away with its .wal file, or restore a copy`,
  },
];

function holder(message: string): string {
  const pid = /PID (\d+)/.exec(message)?.[1];
  return pid ? ` (process ${pid})` : '';
}

/** Anything that the database threw, as the FleeceError that says what to do about it. */
export function storeError(path: string, error: unknown): FleeceError {
  if (isFleeceError(error)) return error;
  const message = messageOf(error);
  if (/^INTERRUPT/i.test(message)) return aborted(error);
  const cause = causes.find(({ sign }) => sign.test(message));
  const text = cause ? cause.say(path, message) : `the store ${path} failed`;
  return new FleeceError('store', `${text} (${firstLine(message)})`, {
    retryable: cause?.retryable ?? false,
    cause: error,
  });
}

/** The error of a reading that was stopped by its signal, or because the store was closed. */
export function aborted(cause: unknown): FleeceError {
  return new FleeceError('aborted', 'reading the store was aborted', { cause });
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.slice(0, 300) ?? '';
}

/** True when the database refuses all further work until its file is opened again. */
export function isFatal(error: unknown): boolean {
  return /^FATAL|database has been invalidated/i.test(messageOf(error));
}
