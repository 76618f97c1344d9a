import { FleeceError, messageOf } from '../../errors.ts';
import type { Advance } from '../../ledger/account.ts';
import type { Bar } from '../../market/bar.ts';
import type { BarStore, CommitResult, StoreBatch } from '../../store/bar-store.ts';

/** Bars of one commit: some pages together, since each commit looks for the minutes that it meets. */
const commitAt = 50_000;

/**
 * Keeps what a command fetches, in large commits. Unlike the daemon's recorder it gives up when the store
 * refuses a commit: somebody waits for the command's end.
 */
export class Keeper {
  readonly #store: BarStore;
  #bars: Bar[] = [];
  #advances: Advance[] = [];
  #writing: Promise<void> = Promise.resolve();
  #failure: FleeceError | undefined;
  readonly #kept = { added: 0, revised: 0, late: 0, unchanged: 0 };

  constructor(store: BarStore) {
    this.#store = store;
  }

  /** What was done with the bars that are on the disk by now. */
  get kept(): CommitResult {
    return this.#kept;
  }

  /** Enter bars; a promise asks the caller to wait for the disk. Throws FleeceError `store` once it failed. */
  bars(bars: readonly Bar[]): true | Promise<void> {
    if (this.#failure) throw this.#failure;
    for (const bar of bars) this.#bars.push(bar);
    return this.#bars.length < commitAt ? true : this.flush();
  }

  /** Enter advances that vouch for the bars entered before; they are kept with those bars or after them. */
  note({ advances = [] }: Omit<StoreBatch, 'bars'>): void {
    this.#advances.push(...advances);
  }

  /** Resolves when all that was entered before is kept. */
  flush(): Promise<void> {
    const batch = { bars: this.#bars, advances: this.#advances };
    this.#bars = [];
    this.#advances = [];
    this.#writing = this.#writing.then(() => this.#commit(batch));
    return this.#writing;
  }

  async #commit(batch: StoreBatch): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (batch.bars?.length === 0 && batch.advances?.length === 0) return;
    try {
      const result = await this.#store.commit(batch);
      for (const name of ['added', 'revised', 'late', 'unchanged'] as const) this.#kept[name] += result[name];
    } catch (error) {
      // Asking on would help nothing, so this is no failure that is worth a retry.
      this.#failure = new FleeceError('store', messageOf(error), { cause: error });
      throw this.#failure;
    }
  }
}
