import { messageOf } from '../errors.ts';
import type { Advance } from '../ledger/account.ts';
import type { Bar } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type {
  BarStore,
  CommitResult,
  QuarantineEntry,
  Seal,
  StoreBatch,
  StoredDay,
  UniverseChange,
  Watch,
} from '../store/bar-store.ts';
import type { Log } from '../telemetry/log.ts';
import { systemClock } from '../time/affine-clock.ts';
import type { Clock } from '../time/clock.ts';

export interface RecorderOptions {
  readonly store: BarStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each commit that advanced the account. */
  readonly onAdvanced?: () => void;
}

/** What the store has done so far. */
export interface RecorderStatistics {
  readonly commits: number;
  /** Real milliseconds, whatever the clock: the disk knows no other. */
  readonly totalMs: number;
  readonly lastMs: number;
  /** True while the store refuses to keep anything. */
  readonly failing: boolean;
  readonly pendingBars: number;
}

interface Pending {
  bars: Bar[];
  advances: Advance[];
  seals: Seal[];
  quarantine: Map<MarketSymbol, QuarantineEntry>;
  release: Set<MarketSymbol>;
  calendar: StoredDay[];
  universe: UniverseChange[];
  watch: Watch[];
  unwatch: MarketSymbol[];
}

/** Bars that may wait for the store before the asking pauses: a few cycles of the whole market. */
const mostPending = 100_000;

/**
 * How long a commit waits for more, in milliseconds: about as long as a pass over the whole market takes. A pass
 * brings an answer every few hundredths of a second, and a commit costs its statements and its write to the disk
 * however little it holds. Who reads what is kept hurries it.
 */
const gatherMs = 2_000;

/** Bars that are worth a commit of their own. */
const worthACommit = 20_000;

/** From a failed commit to the next try, in milliseconds. */
const retryAfterMs = 5_000;

/**
 * Writes behind: what is entered while a commit runs goes into the next one. Bars are always kept together
 * with, or before, the advances that vouch for them, so that a stop at any moment leaves a minute either kept
 * or owed. When the store fails, everything waits and is tried again; past a bound, the asking waits too.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  #pending = emptyBatch();
  #draining: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  #hurry: (() => void) | undefined;
  #commits = 0;
  #totalMs = 0;
  #lastMs = 0;
  #failing = false;
  #underWay = 0;
  #mayHold = true;
  readonly #closing = new AbortController();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get statistics(): RecorderStatistics {
    return {
      commits: this.#commits,
      totalMs: this.#totalMs,
      lastMs: this.#lastMs,
      failing: this.#failing,
      pendingBars: this.#pending.bars.length + this.#underWay,
    };
  }

  /** Enter bars; a promise asks the caller to wait until there is room. */
  bars(bars: readonly Bar[]): true | Promise<void> {
    for (const bar of bars) this.#pending.bars.push(bar);
    this.#drain();
    if (this.#pending.bars.length >= worthACommit) this.#hurry?.();
    if (!this.#mayHold || this.#pending.bars.length + this.#underWay < mostPending) return true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Enter what vouches for, or explains, the bars that were entered before. */
  note(batch: Omit<StoreBatch, 'bars'>): void {
    const {
      advances = [],
      seals = [],
      quarantine = [],
      release = [],
      calendar = [],
      universe = [],
      watch = [],
      unwatch = [],
    } = batch;
    const pending = this.#pending;
    pending.advances.push(...advances);
    pending.seals.push(...seals);
    pending.calendar.push(...calendar);
    pending.universe.push(...universe);
    pending.watch.push(...watch);
    pending.unwatch.push(...unwatch);
    for (const entry of quarantine) {
      pending.quarantine.set(entry.symbol, entry);
      pending.release.delete(entry.symbol);
    }
    for (const symbol of release) {
      pending.release.add(symbol);
      pending.quarantine.delete(symbol);
    }
    this.#drain();
  }

  /** Resolves when all that was entered before is kept. */
  async flush(): Promise<void> {
    while (this.#draining) await this.#hurried(this.#draining);
  }

  /** As `flush`, but does not wait for a store that keeps nothing at present. */
  async flushUnlessFailing(): Promise<void> {
    while (this.#draining && !this.#failing) await this.#hurried(this.#draining);
  }

  /** The run is to end: who waits for room goes on, and nobody waits from now on. */
  makeNobodyWait(): void {
    this.#mayHold = false;
    this.#letGo();
  }

  /** Keep what is still pending, once, and stop. Rejects when the store refuses it. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the recorder is closing'));
    this.#hurry?.();
    await this.#draining;
    if (!isEmpty(this.#pending)) await this.#commit();
  }

  #drain(): void {
    if (this.#draining || this.#closing.signal.aborted || isEmpty(this.#pending)) return;
    this.#draining = this.#loop().finally(() => {
      this.#draining = undefined;
      this.#drain();
    });
  }

  async #loop(): Promise<void> {
    const { clock, log } = this.#options;
    await this.#gather();
    try {
      await this.#commit();
      if (this.#failing) log.info('the store keeps bars again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        log.error(
          `the store keeps nothing, trying again every ${retryAfterMs / 1000} s: ${messageOf(error)}`,
        );
      this.#failing = true;
      await clock.sleep(retryAfterMs, this.#closing.signal).catch(() => undefined);
    }
  }

  /** Wait for more to keep, unless there is enough or somebody waits for it. */
  async #gather(): Promise<void> {
    const enough = new AbortController();
    this.#hurry = () => enough.abort(new Error('somebody waits for the commit'));
    if (this.#pending.bars.length >= worthACommit || this.#closing.signal.aborted) this.#hurry();
    await this.#options.clock.sleep(gatherMs, enough.signal).catch(() => undefined);
    this.#hurry = undefined;
  }

  #hurried(draining: Promise<void>): Promise<void> {
    this.#hurry?.();
    return draining;
  }

  async #commit(): Promise<CommitResult> {
    const { store, onAdvanced } = this.#options;
    const batch = this.#pending;
    this.#pending = emptyBatch();
    this.#underWay = batch.bars.length;
    const startedAt = systemClock.now();
    try {
      const result = await store.commit(toStoreBatch(batch));
      this.#commits += 1;
      this.#lastMs = systemClock.now() - startedAt;
      this.#totalMs += this.#lastMs;
      if (batch.advances.length > 0) onAdvanced?.();
      return result;
    } catch (error) {
      this.#pending = joined(batch, this.#pending);
      throw error;
    } finally {
      this.#underWay = 0;
      if (this.#pending.bars.length < mostPending) this.#letGo();
    }
  }

  #letGo(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

function emptyBatch(): Pending {
  return {
    bars: [],
    advances: [],
    seals: [],
    quarantine: new Map(),
    release: new Set(),
    calendar: [],
    universe: [],
    watch: [],
    unwatch: [],
  };
}

function isEmpty(batch: Pending): boolean {
  return Object.values(batch).every(
    (part: { length?: number; size?: number }) => (part.length ?? part.size) === 0,
  );
}

function toStoreBatch(batch: Pending): StoreBatch {
  return { ...batch, quarantine: [...batch.quarantine.values()], release: [...batch.release] };
}

/** `first` was entered before `second`. */
function joined(first: Pending, second: Pending): Pending {
  for (const symbol of second.release) first.quarantine.delete(symbol);
  for (const symbol of second.quarantine.keys()) first.release.delete(symbol);
  return {
    bars: [...first.bars, ...second.bars],
    advances: [...first.advances, ...second.advances],
    seals: [...first.seals, ...second.seals],
    quarantine: new Map([...first.quarantine, ...second.quarantine]),
    release: new Set([...first.release, ...second.release]),
    calendar: [...first.calendar, ...second.calendar],
    universe: [...first.universe, ...second.universe],
    watch: [...first.watch, ...second.watch],
    unwatch: [...first.unwatch, ...second.unwatch],
  };
}
