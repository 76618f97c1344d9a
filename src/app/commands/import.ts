import { existsSync } from 'node:fs';
import type { Feed } from '../../market/feed.ts';
import type { CommitResult } from '../../store/bar-store.ts';
import { checkImportable, importBars } from '../../store/import.ts';
import type { Clock } from '../../time/clock.ts';
import { openStore } from './open-store.ts';

export interface ImportCommand {
  readonly db: string;
  readonly files: readonly string[];
  /** Of bars that name none. */
  readonly feed: Feed;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onFile: (file: string, result: CommitResult) => void;
}

/** Take the bars of files into a store, one file after the other. Throws at the first that is wrong. */
export async function importFiles(command: ImportCommand): Promise<void> {
  const { db, files, feed, clock, signal, onFile } = command;
  // No store is made that nothing would go into.
  if (!existsSync(db)) for (const file of files) checkImportable(file);
  const store = await openStore({ path: db, clock, create: true });
  try {
    for (const file of files) {
      signal.throwIfAborted();
      onFile(file, await importBars(store, file, { feed, clock, signal }));
    }
  } finally {
    await store.close();
  }
}
