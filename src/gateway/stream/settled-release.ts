import type { SealNews } from '../../fanout/bus.ts';
import { overlapMs } from '../../fanout/splice.ts';
import { keyOf, type StreamItem, toItem } from '../../fanout/stream-item.ts';
import { type Bar, sameValues } from '../../market/bar.ts';
import type { Feed } from '../../market/feed.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { Clock, EpochMs } from '../../time/clock.ts';
import { addMinutes, type EpochMinute, msPerMinute } from '../../time/minute.ts';
import type { BarHistory } from '../ports.ts';
import { barsPerFrame } from './encoded-batch.ts';
import { newestOnly, only } from './newest-only.ts';

export interface SettledReleaseOptions {
  readonly feed: Feed;
  readonly history: BarHistory;
  /** The market's clock, which bars are stamped by. */
  readonly clock: Clock;
  /** The last minute that was sealed before; what comes later is released here. */
  readonly from: EpochMinute;
  /** Symbols that somebody wants; undefined for all. */
  readonly symbols: () => readonly MarketSymbol[] | undefined;
  readonly send: (items: readonly StreamItem[]) => void;
  /** A seal, once the bars of its minute went out. */
  readonly tell: (news: SealNews) => void;
  readonly onFailure: (error: unknown) => void;
}

/** In minutes: while no seal comes for this long, minutes that are as old count as settled: one late symbol delays all. */
export const longestWait = 30;

/**
 * Sends the bars of one feed with the seal of their minute, each once, as the store has it then: also what an
 * earlier process received, and what was filled without having been on the bus. What comes for a minute that
 * was released passes through.
 */
export class SettledRelease {
  readonly #options: SettledReleaseOptions;
  readonly #stop = new AbortController();
  /** Minutes through `sealed` are to be released; those through `released` were. */
  #sealed: EpochMinute;
  #released: EpochMinute;
  #sealedAt: EpochMs;
  #isRunning = false;
  #news: SealNews[] = [];
  /** Came for minutes that are being released at this moment. */
  #late: Bar[] = [];

  constructor(options: SettledReleaseOptions) {
    this.#options = options;
    this.#sealed = options.from;
    this.#released = options.from;
    this.#sealedAt = options.clock.now();
  }

  /** The last minute whose bars went out, or are on their way. */
  get sealed(): EpochMinute {
    return this.#sealed;
  }

  /** The last minute whose bars all went out. */
  get released(): EpochMinute {
    return this.#released;
  }

  /** Bars came live. Those of minutes that are not sealed are left to the store until they are. */
  take(bars: readonly Bar[]): void {
    const passed: StreamItem[] = [];
    for (const bar of bars) {
      if (bar.minute <= this.#released) passed.push(toItem(bar));
      else if (bar.minute <= this.#sealed) this.#late.push(bar);
    }
    if (passed.length > 0) this.#options.send(passed);
    this.#giveUpWaiting(bars);
  }

  seal(news: SealNews): void {
    this.#news.push(news);
    this.#settle(news.minute);
  }

  stop(): void {
    this.#stop.abort();
  }

  #giveUpWaiting(bars: readonly Bar[]): void {
    if (this.#options.clock.now() - this.#sealedAt < longestWait * msPerMinute) return;
    const newest = bars.reduce((minute, bar) => Math.max(minute, bar.minute), 0) as EpochMinute;
    const old = addMinutes(newest, -longestWait);
    if (old > this.#sealed) this.#settle(old, this.#sealedAt);
  }

  #settle(minute: EpochMinute, at = this.#options.clock.now()): void {
    this.#sealedAt = at;
    this.#sealed = Math.max(this.#sealed, minute) as EpochMinute;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run().catch((error: unknown) => {
      // The next seal tries again, and reads what came meanwhile, too.
      this.#late = [];
      if (!this.#stop.signal.aborted) this.#options.onFailure(error);
    });
  }

  async #run(): Promise<void> {
    try {
      while (this.#released < this.#sealed) await this.#release(this.#sealed);
      this.#tellReleased();
    } finally {
      this.#isRunning = false;
    }
  }

  async #release(end: EpochMinute): Promise<void> {
    const since = this.#options.clock.now() - overlapMs;
    const fresh = new Map<string, StreamItem>();
    for await (const items of this.#settledItems(end)) {
      if (this.#stop.signal.aborted) return;
      for (const item of items) if (item.receivedAt >= since) fresh.set(keyOf(item), item);
      this.#options.send(items);
    }
    this.#released = end;
    this.#passLate(fresh);
    this.#tellReleased();
  }

  /** What the store has of the minutes through `end` that were not released, a frame's worth at a time. */
  async *#settledItems(end: EpochMinute): AsyncGenerator<readonly StreamItem[]> {
    const { feed, history, symbols } = this.#options;
    const named = symbols();
    if (named?.length === 0) return;
    const start = addMinutes(this.#released, 1);
    const query = { start, end, signal: this.#stop.signal, ...(named && { symbols: named }) };
    const own = only(history.replay(query), (bar) => bar.feed === feed);
    let items: StreamItem[] = [];
    for await (const bars of newestOnly(own)) {
      for (const bar of bars) items.push({ ...toItem(bar), kind: 'b' });
      if (items.length < barsPerFrame) continue;
      yield items;
      items = [];
    }
    if (items.length > 0) yield items;
  }

  /** What came while its minute was being read, but for what the reading brought. */
  #passLate(fresh: ReadonlyMap<string, StreamItem>): void {
    const late = this.#late.filter((bar) => bar.minute <= this.#released);
    this.#late = this.#late.filter((bar) => bar.minute > this.#released);
    const items = late.map(toItem).filter((item) => {
      const sent = fresh.get(keyOf(item));
      return !sent || (item.receivedAt > sent.receivedAt && !sameValues(item.row, sent.row));
    });
    if (items.length > 0) this.#options.send(items);
  }

  #tellReleased(): void {
    const due = this.#news.filter(({ minute }) => minute <= this.#released);
    this.#news = this.#news.filter(({ minute }) => minute > this.#released);
    for (const news of due) this.#options.tell(news);
  }
}
