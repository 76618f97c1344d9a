import type { Bar } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';

/** The deliveries of one response, in the order in which the ledger made them. */
export interface BarsBatch {
  readonly type: 'bars';
  readonly bars: readonly Bar[];
}

/** Minutes of some symbols that could not be asked for (`open`), or that were made good later (`closed`). */
export interface GapNews {
  readonly type: 'gap';
  readonly state: 'open' | 'closed';
  readonly symbols: readonly MarketSymbol[];
  readonly from: EpochMinute;
  /** The last minute, inclusive. */
  readonly to: EpochMinute;
  readonly reason: string;
  readonly at: EpochMs;
}

/** No symbol of the universe is pending or missing in `minute`, nor in any minute before it. */
export interface SealNews {
  readonly type: 'seal';
  readonly feed: Feed;
  readonly minute: EpochMinute;
  /** Symbols that had a bar, and symbols that were asked and had none. */
  readonly bars: number;
  readonly quiet: number;
  readonly at: EpochMs;
}

/** Bars of a lesser feed were replaced by those of `feed`, which went out as a batch before. */
export interface HealNews {
  readonly type: 'heal';
  readonly feed: Feed;
  readonly symbols: readonly MarketSymbol[];
  readonly from: EpochMinute;
  /** The last minute, inclusive. */
  readonly to: EpochMinute;
  readonly bars: number;
  readonly at: EpochMs;
}

export type News = GapNews | SealNews | HealNews;
export type Batch = BarsBatch | News;

/** Must not wait and must not throw: whatever is slow has its own bounded outbox. */
export type BusListener = (batch: Batch) => void;

/** What the ledger has made goes out here, once, to whoever listens at that moment. */
export interface Bus {
  publish(batch: Batch): void;
  /** Returns the way to stop listening. */
  subscribe(listener: BusListener): () => void;
}

/** A bus inside this process: every listener is called before `publish` returns. */
export class LocalBus implements Bus {
  readonly #listeners = new Set<BusListener>();
  readonly #onError: (error: unknown) => void;

  /** `onError` is told what a listener threw; the other listeners are called all the same. */
  constructor(onError: (error: unknown) => void = () => undefined) {
    this.#onError = onError;
  }

  publish(batch: Batch): void {
    for (const listener of this.#listeners) {
      try {
        listener(batch);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  subscribe(listener: BusListener): () => void {
    // The same function may listen twice: each subscription is its own.
    const own: BusListener = (batch) => listener(batch);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }
}
