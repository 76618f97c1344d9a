import { FleeceError, isFleeceError, messageOf } from '../../errors.ts';
import { exportBars, type ExportRange, type ExportResult, type ExportTarget } from '../../store/export.ts';
import type { Clock } from '../../time/clock.ts';
import { oneOf } from '../config/readers.ts';
import { openStore } from './open-store.ts';

/** Reads `--format`. */
export const exportFormat = oneOf(['ndjson', 'csv', 'parquet']);

export type ExportTo = ExportTarget;

export interface ExportCommand {
  readonly db: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly range: ExportRange;
  readonly to: ExportTo;
}

/** Write bars of a store out. Throws FleeceError `store` when it, or what is written to, can't be used. */
export async function exportStore({ db, clock, signal, range, to }: ExportCommand): Promise<ExportResult> {
  const store = await openStore({ path: db, clock });
  try {
    return await exportBars(store, { ...range, signal }, to);
  } catch (error) {
    if (signal.aborted)
      throw new FleeceError('aborted', 'stopped: the export is not whole', { cause: error });
    if (isFleeceError(error) && error.code !== 'store') throw error;
    // The store wraps what a full disk or a closed pipe at the other end threw.
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (!/^E[A-Z]+$/.test(code)) throw error;
    throw new FleeceError('store', `the export could not be written: ${messageOf(cause)}`, { cause });
  } finally {
    await store.close();
  }
}
