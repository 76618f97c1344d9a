import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FleeceError } from '../errors.ts';
import type { Bar } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';
import type { Clock } from '../time/clock.ts';
import type { CommitResult } from './bar-store.ts';
import { aborted } from './duckdb-error.ts';
import type { DuckDbStore } from './duckdb-store.ts';
import type { ImportedRow } from './import-columns.ts';
import { parquetRows } from './import-parquet.ts';
import { type ImportDefaults, toImportedBar } from './import-row.ts';
import { csvRows, lineRows } from './import-text.ts';

export interface ImportOptions {
  /** Feed of the bars that name none. */
  readonly feed: Feed;
  /** Gives bars without `received_at` the time of the import. */
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** Bars of one commit. */
const batchSize = 20_000;

/**
 * Take the bars of a file into the store: Parquet (a file, or a folder of them), CSV with a header, or NDJSON
 * lines, the last two also with `.gz`. Needed are symbol (or S), minute (or t), o, h, l, c; v and n are 0 when
 * absent, and vw is the close. The file is checked to its end before anything is kept. Bars that the store has
 * already are left as they are, so that an import can be repeated.
 *
 * @throws FleeceError `usage` that names the file, the line and the fault.
 */
export async function importBars(
  store: DuckDbStore,
  file: string,
  options: ImportOptions,
): Promise<CommitResult> {
  const defaults = { feed: options.feed, receivedAt: options.clock.now() };
  const total = { added: 0, revised: 0, late: 0, unchanged: 0 };
  const each = (use: (bars: readonly Bar[]) => Promise<void>) =>
    withRows(store, file, (rows) => eachBatch(rows, defaults, use, options.signal));
  await each(async () => {});
  await each(async (bars) => {
    const result = await store.commit({ bars });
    total.added += result.added;
    total.revised += result.revised;
    total.late += result.late;
    total.unchanged += result.unchanged;
  });
  return total;
}

/**
 * See that there is such a file, and of a kind that can be read.
 *
 * @throws FleeceError `usage` that names the file.
 */
export function checkImportable(file: string): void {
  if (!existsSync(file)) throw new FleeceError('usage', `${file}: there is no such file`);
  if (statSync(file).isDirectory() || /\.parquet$|\.(?:csv|ndjson|jsonl)(?:\.gz)?$/.test(file)) return;
  throw new FleeceError(
    'usage',
    `${file}: the name has to end in .parquet, .csv, .ndjson or .jsonl (the last three may have .gz)`,
  );
}

/** Hand the rows of `file` to `task`; those of Parquet live only as long as a connection that reads them. */
function withRows(
  store: DuckDbStore,
  file: string,
  task: (rows: AsyncIterable<ImportedRow>) => Promise<void>,
): Promise<void> {
  checkImportable(file);
  const pattern = statSync(file).isDirectory() ? join(file, '**/*.parquet') : file;
  if (pattern.endsWith('.parquet')) return store.withReader((reader) => task(parquetRows(reader, pattern)));
  return task(/\.csv(?:\.gz)?$/.test(file) ? csvRows(file) : lineRows(file));
}

async function eachBatch(
  rows: AsyncIterable<ImportedRow>,
  defaults: ImportDefaults,
  use: (bars: readonly Bar[]) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let batch: Bar[] = [];
  for await (const { raw, where } of rows) {
    batch.push(toImportedBar(raw, where, defaults));
    if (batch.length < batchSize) continue;
    if (signal?.aborted) throw aborted(signal.reason);
    await use(batch);
    batch = [];
  }
  if (batch.length > 0) await use(batch);
}
