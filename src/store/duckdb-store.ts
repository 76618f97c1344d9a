import type { DuckDBConnection } from '@duckdb/node-api';
import { FleeceError } from '../errors.ts';
import { Account, type SymbolCalendar } from '../ledger/account.ts';
import type { Stretch } from '../ledger/account-stretch.ts';
import type { Bar } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { Clock } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';
import type {
  BarRead,
  BarStore,
  CommitResult,
  QuarantineEntry,
  Seal,
  StoreBatch,
  StoredDay,
  StoredPage,
  StoreMemory,
} from './bar-store.ts';
import { writeBars } from './duckdb-bars.ts';
import { CoverageLog } from './duckdb-coverage.ts';
import { aborted, isFatal, storeError } from './duckdb-error.ts';
import {
  readCalendar,
  readLastSeal,
  readQuarantine,
  readWatch,
  writeFacts,
  writeWatch,
} from './duckdb-facts.ts';
import { checkLength, type DuckDbSettings, type OpenFile, openFile } from './duckdb-open.ts';
import { readLatest, readMarks, readPage, readTop, readVersions } from './duckdb-read.ts';
import { Frontier } from './frontier.ts';
import { type ReplayRange, replayVersions } from './duckdb-replay.ts';
import { migrate } from './migrate.ts';

export interface DuckDbStoreOptions {
  /** Path of the file, made with its folders when absent; `:memory:` for a store that dies with the process. */
  readonly path: string;
  readonly clock: Clock;
  /** Memory for DuckDB's buffers, in its spelling. Default `512MB`. */
  readonly memoryLimit?: string;
  /** Default 2. */
  readonly threads?: number;
  /** Folders in which SQL may read and write files. Default `any`; a daemon that answers queries gives a list. */
  readonly folders?: readonly string[] | 'any';
  /** Merges coverage over closed hours; can be given later with `memory.account.useCalendar`. */
  readonly calendar?: SymbolCalendar;
}

interface Memory extends StoreMemory {
  quarantine: Map<MarketSymbol, QuarantineEntry>;
  calendar: readonly StoredDay[];
  watchedSince: Map<MarketSymbol, EpochMinute>;
  lastSeal: Seal | undefined;
}

/** Open or create a store. Throws FleeceError `store` and leaves the file as it was when it cannot be used. */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<DuckDbStore> {
  const settings: DuckDbSettings = {
    memoryLimit: options.memoryLimit ?? '512MB',
    threads: options.threads ?? 2,
    folders: options.folders ?? 'any',
  };
  const file = await openFile(options.path, settings);
  try {
    await migrate(file.writer, options.path, options.clock.now());
    await checkLength(file.writer, options.path, ['bars', 'bar_history']);
    const coverage = new CoverageLog();
    const account = new Account(options.calendar);
    await coverage.load(file.writer, account);
    const memory: Memory = {
      account,
      quarantine: await readQuarantine(file.writer),
      calendar: await readCalendar(file.writer),
      watchedSince: await readWatch(file.writer),
      lastSeal: await readLastSeal(file.writer),
    };
    return new DuckDbStore({ path: options.path, settings, file, coverage, memory });
  } catch (error) {
    file.close();
    throw storeError(options.path, error);
  }
}

interface Parts {
  readonly path: string;
  readonly settings: DuckDbSettings;
  readonly file: OpenFile;
  readonly coverage: CoverageLog;
  readonly memory: Memory;
}

/** The store in an embedded DuckDB file. One process owns the file; in it, one connection writes. */
export class DuckDbStore implements BarStore {
  readonly path: string;
  readonly #settings: DuckDbSettings;
  readonly #coverage: CoverageLog;
  readonly #memory: Memory;
  /** Made by the first commit: who only reads does not need it. */
  #frontier: Frontier | undefined;
  #file: OpenFile | undefined;
  #reopening: Promise<OpenFile> | undefined;
  #closed = false;
  #writing: Promise<unknown> = Promise.resolve();
  readonly #readers = new Map<DuckDBConnection, Promise<unknown>>();

  constructor({ path, settings, file, coverage, memory }: Parts) {
    this.path = path;
    this.#settings = settings;
    this.#file = file;
    this.#coverage = coverage;
    this.#memory = memory;
  }

  get memory(): StoreMemory {
    return this.#memory;
  }

  commit(batch: StoreBatch): Promise<CommitResult> {
    return this.#inTurn(() => this.#commit(batch));
  }

  read(query: BarRead): Promise<StoredPage> {
    return this.withReader((reader) => readPage(reader, query), query.signal);
  }

  latest(symbols?: readonly MarketSymbol[]): Promise<Bar[]> {
    return this.withReader((reader) => readLatest(reader, symbols));
  }

  versions(symbol: MarketSymbol, minute: EpochMinute): Promise<Bar[]> {
    return this.withReader((reader) => readVersions(reader, symbol, minute));
  }

  /** Every version of every bar of `range`, by minute, then symbol, then version, the newest last; in chunks, pulled. */
  replay(range: ReplayRange, signal?: AbortSignal): AsyncIterable<readonly Bar[]> {
    return replayVersions((task) => this.withReader(task, signal), range);
  }

  marks(window: Stretch, symbols?: readonly MarketSymbol[]): Promise<Map<MarketSymbol, Uint8Array>> {
    return this.withReader((reader) => readMarks(reader, window, symbols));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return;
      this.#closed = true;
      const file = this.#file;
      this.#file = undefined;
      await this.#dismissReaders();
      // A checkpoint that fails loses nothing: the log of the last commits is replayed at the next opening.
      await file?.writer.run('CHECKPOINT').catch(() => undefined);
      file?.close();
    });
  }

  /**
   * Run `task` with a connection of its own, which sees the commits done so far. The signal interrupts the
   * statement that it runs, and so does closing the store.
   */
  async withReader<T>(task: (reader: DuckDBConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw aborted(signal.reason);
    const { instance } = await this.#opened();
    const reader = await instance.connect();
    const interrupt = () => reader.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    const reading = task(reader).finally(() => {
      signal?.removeEventListener('abort', interrupt);
      this.#readers.delete(reader);
      reader.closeSync();
    });
    this.#readers.set(reader, reading);
    try {
      return await reading;
    } catch (error) {
      if (signal?.aborted) throw aborted(error);
      throw isOfNode(error) ? error : storeError(this.path, error);
    }
  }

  /** A connection that outlives its file would keep it locked, and a second opening would not see that. */
  async #dismissReaders(): Promise<void> {
    for (const reader of this.#readers.keys()) reader.interrupt();
    await Promise.allSettled(this.#readers.values());
  }

  /** One write after the other: two transactions that touch the same row would fail. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(task);
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #commit(batch: StoreBatch): Promise<CommitResult> {
    const { writer } = await this.#opened();
    try {
      await writer.run('BEGIN');
      this.#frontier ??= new Frontier(await readTop(writer));
      const result = await writeBars(writer, batch.bars ?? [], this.#frontier);
      const advances = batch.advances ?? [];
      const advanced = advances.length > 0 ? await this.#coverage.append(writer, advances) : undefined;
      await writeFacts(writer, batch);
      await writeWatch(writer, batch, this.#memory.watchedSince);
      await writer.run('COMMIT');
      advanced?.();
      this.#remember(batch);
      if (this.#coverage.isLong) await this.#mergeCoverage(writer);
      return result;
    } catch (error) {
      await writer.run('ROLLBACK').catch(() => undefined);
      if (isFatal(error)) await this.#letGo();
      throw storeError(this.path, error);
    }
  }

  #remember({ advances, quarantine, release, calendar, seals, watch, unwatch }: StoreBatch): void {
    const { watchedSince } = this.#memory;
    for (const symbol of unwatch ?? []) watchedSince.delete(symbol);
    for (const { symbols, since } of watch ?? [])
      for (const symbol of symbols) if (!watchedSince.has(symbol)) watchedSince.set(symbol, since);
    for (const advance of advances ?? []) this.#memory.account.advance(advance);
    for (const symbol of release ?? []) this.#memory.quarantine.delete(symbol);
    for (const entry of quarantine ?? []) this.#memory.quarantine.set(entry.symbol, entry);
    if (calendar && calendar.length > 0) {
      const days = new Map([...this.#memory.calendar, ...calendar].map((day) => [day.date, day]));
      this.#memory.calendar = [...days.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
    }
    for (const seal of seals ?? [])
      if (seal.minute >= (this.#memory.lastSeal?.minute ?? seal.minute)) this.#memory.lastSeal = seal;
  }

  /** Housekeeping after a commit that stands: if it fails, the longer log says the same. */
  async #mergeCoverage(writer: DuckDBConnection): Promise<void> {
    try {
      await writer.run('BEGIN');
      const done = await this.#coverage.merge(writer, this.#memory.account);
      await writer.run('COMMIT');
      done();
    } catch (error) {
      await writer.run('ROLLBACK').catch(() => undefined);
      if (isFatal(error)) await this.#letGo();
    }
  }

  /** After a fatal error (a full disk) the database answers nothing more: the next use opens it again. */
  async #letGo(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await this.#dismissReaders();
    file?.close();
  }

  async #opened(): Promise<OpenFile> {
    if (this.#closed) throw new FleeceError('store', `the store ${this.path} is closed`);
    if (this.#file) return this.#file;
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  async #reopen(): Promise<OpenFile> {
    const file = await openFile(this.path, this.#settings);
    this.#file = file;
    return file;
  }
}

/** True for an error of a stream or file that the task of a reader used: the store is not at fault. */
function isOfNode(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}
