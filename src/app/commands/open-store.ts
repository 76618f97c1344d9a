import { existsSync } from 'node:fs';
import { FleeceError, isFleeceError } from '../../errors.ts';
import { type DuckDbStore, openDuckDbStore } from '../../store/duckdb-store.ts';
import type { Clock } from '../../time/clock.ts';
import { readServeFile } from '../service/serve-file.ts';

export interface OpenStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Make the file when there is none. Without it, a path without a file is an error. */
  readonly create?: boolean;
  /** Folders that SQL may read and write files in. Default `any`. */
  readonly folders?: readonly string[] | 'any';
  /** Memory for the database's buffers, in its spelling. Default `512MB`. */
  readonly memoryLimit?: string;
}

/**
 * Open the store of a command, which then has it alone.
 *
 * @throws FleeceError `store` that says what to do: when there is no file, or `fleece serve` has it open.
 */
export async function openStore(options: OpenStoreOptions): Promise<DuckDbStore> {
  const { path, clock, create, folders, memoryLimit } = options;
  if (create !== true && !existsSync(path)) {
    throw new FleeceError(
      'store',
      `there is no store ${path}: fleece serve, backfill or import makes one; or give another --db PATH`,
    );
  }
  try {
    return await openDuckDbStore({
      path,
      clock,
      ...(folders && { folders }),
      ...(memoryLimit !== undefined && { memoryLimit }),
    });
  } catch (error) {
    throw withHolder(path, error);
  }
}

function withHolder(path: string, error: unknown): unknown {
  if (!isFleeceError(error) || !/open in another process/.test(error.message)) return error;
  const daemon = readServeFile(path);
  if (!daemon) return error;
  return new FleeceError(
    'store',
    `the store ${path} is open in fleece serve (process ${daemon.pid}, ${daemon.url}): ` +
      'stop it for this command, and it fills the time between when it starts again; fleece query works beside it',
    { retryable: true, cause: error },
  );
}
