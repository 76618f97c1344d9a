import { FleeceError, isFleeceError, messageOf } from '../errors.ts';
import type { RawBar } from './import-row.ts';

export interface ImportedRow {
  readonly raw: RawBar;
  /** File and line, for a message. */
  readonly where: string;
}

/** Other names of the columns, as files of minute bars have them. */
export const columnNames: Readonly<Record<string, string>> = { S: 'symbol', t: 'minute' };
const needed = ['symbol', 'minute', 'o', 'h', 'l', 'c'];

/** The names of a file's columns as the table has them. Throws FleeceError `usage` when one is absent. */
export function checkColumns(names: readonly string[], file: string): readonly string[] {
  const columns = names.map((name) => columnNames[name.trim()] ?? name.trim());
  const absent = needed.filter((column) => !columns.includes(column));
  if (absent.length > 0)
    throw new FleeceError(
      'usage',
      `${file}, line 1: the columns ${absent.join(', ')} are absent; needed are symbol, t (or minute), o, h, l, c`,
    );
  return columns;
}

/** What went wrong while the file was read, as an error that names it. */
export function readingFault(file: string, error: unknown): FleeceError {
  if (isFleeceError(error) && error.code !== 'store') return error;
  return new FleeceError('usage', `${file}: it cannot be read (${messageOf(error)})`, { cause: error });
}
