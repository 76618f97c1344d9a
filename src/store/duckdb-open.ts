import { closeSync, existsSync, mkdirSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { FleeceError } from '../errors.ts';
import { storeError } from './duckdb-error.ts';

export interface DuckDbSettings {
  /** Memory that DuckDB may use for its own buffers, in its spelling. */
  readonly memoryLimit: string;
  readonly threads: number;
  /** Folders that SQL may read and write files in; `any` for no bounds. */
  readonly folders: readonly string[] | 'any';
}

/** An open database file. */
export interface OpenFile {
  readonly instance: DuckDBInstance;
  /** The only connection that writes. */
  readonly writer: DuckDBConnection;
  close(): void;
}

/** How the log of commits since the last checkpoint begins. */
const logStart = Buffer.from('640062', 'hex');

/** A log with another beginning would be taken for an empty one, and then be written over. */
function checkLog(path: string, log: string): void {
  if (!existsSync(log)) return;
  const start = Buffer.alloc(logStart.length);
  const file = openSync(log, 'r');
  const length = readSync(file, start);
  closeSync(file);
  if (length === logStart.length && !start.equals(logStart))
    throw storeError(path, new Error(`Corrupt WAL file: ${log} does not begin as one`));
}

/** Headers of 4 KiB stand before the blocks. */
const headerBytes = 3 * 4_096;

/**
 * See that the file is as long as its tables need. Blocks are read only when a query wants them, so a file that
 * was cut off would otherwise open and be written to.
 *
 * @throws FleeceError `store` when the file is too short.
 */
export async function checkLength(
  writer: DuckDBConnection,
  path: string,
  tables: readonly string[],
): Promise<void> {
  if (path === ':memory:') return;
  for (const table of tables) {
    const rows = await writer.runAndReadAll(
      `SELECT ((max(block_id) + 1) * (SELECT max(block_size) FROM pragma_database_size()))::DOUBLE
       FROM pragma_storage_info('${table}') WHERE persistent`,
    );
    const needed = headerBytes + Number(rows.getRows()[0]?.[0] ?? 0);
    const found = statSync(path).size;
    if (found < needed)
      throw storeError(path, new Error(`Corrupt database file: it has ${found} of ${needed} bytes`));
  }
}

/** DuckDB's lock keeps other processes out, but not a second opening in the same one. */
const openPaths = new Set<string>();

/** Open or create the file at `path` (`:memory:` for none). Throws FleeceError `store`. */
export async function openFile(path: string, settings: DuckDbSettings): Promise<OpenFile> {
  const real = path === ':memory:' ? undefined : claim(path);
  let instance: DuckDBInstance | undefined;
  try {
    if (real) checkLog(path, `${real}.wal`);
    instance = await DuckDBInstance.create(real ?? path, {
      memory_limit: settings.memoryLimit,
      threads: String(settings.threads),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const writer = await instance.connect();
    await configure(writer, settings);
    return { instance, writer, close: () => release(instance, writer, real) };
  } catch (error) {
    release(instance, undefined, real);
    throw storeError(path, error);
  }
}

async function configure(writer: DuckDBConnection, { folders }: DuckDbSettings): Promise<void> {
  await writer.run(`SET GLOBAL TimeZone = 'UTC'`);
  if (folders === 'any') return;
  const list = folders.map((folder) => `'${folder.replaceAll("'", "''")}'`).join(', ');
  await writer.run(`SET GLOBAL allowed_directories = [${list}]`);
  await writer.run('SET GLOBAL enable_external_access = false');
  await writer.run('SET GLOBAL lock_configuration = true');
}

function claim(path: string): string {
  let real: string;
  try {
    mkdirSync(dirname(path), { recursive: true });
    real = existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    throw storeError(path, error);
  }
  if (openPaths.has(real))
    throw new FleeceError('store', `the store ${path} is open already in this process: one writer only`);
  openPaths.add(real);
  return real;
}

function release(
  instance: DuckDBInstance | undefined,
  writer: DuckDBConnection | undefined,
  real: string | undefined,
): void {
  writer?.closeSync();
  instance?.closeSync();
  if (real) openPaths.delete(real);
}
