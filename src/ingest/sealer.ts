import { messageOf } from '../errors.ts';
import type { Bus } from '../fanout/bus.ts';
import type { Feed } from '../market/feed.ts';
import { isCryptoPair, type MarketSymbol } from '../market/symbol.ts';
import type { BarStore, Seal } from '../store/bar-store.ts';
import type { Log } from '../telemetry/log.ts';
import type { Clock } from '../time/clock.ts';
import { addMinutes, type EpochMinute } from '../time/minute.ts';
import type { Recorder } from './recorder.ts';

export interface SealerOptions {
  readonly store: BarStore;
  readonly recorder: Pick<Recorder, 'note'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly feed: Feed;
  /** The symbols that are polled now, without the quarantined ones. */
  readonly symbols: () => Iterable<MarketSymbol>;
  /** True for each of them. */
  readonly isPolled: (symbol: MarketSymbol) => boolean;
  /** Which minutes are open to any of the symbols. */
  readonly openTo: (symbols: readonly MarketSymbol[]) => (minute: EpochMinute) => boolean;
  /** Where sealing starts when the store has no seal yet. */
  readonly from: EpochMinute;
}

/** The most minutes that are sealed one by one after a long gap was filled; older ones get no event. */
const mostAtOnce = 2_000;

/**
 * Seals minutes: once no polled symbol is pending or missing in a minute, nor in any before it, the minute is
 * complete, which goes into the store and out as news.
 */
export class Sealer {
  readonly #options: SealerOptions;
  #next: EpochMinute;
  #work: Promise<void> | undefined;
  #again = false;
  /** Who held the last seal up. As long as that symbol lacks the minute, nobody else has to be looked at. */
  #late: MarketSymbol | undefined;

  constructor(options: SealerOptions) {
    this.#options = options;
    const last = options.store.memory.lastSeal?.minute;
    this.#next = last === undefined ? options.from : addMinutes(last, 1);
  }

  /** The last minute that is sealed. */
  get lastSealed(): EpochMinute {
    return addMinutes(this.#next, -1);
  }

  /** Seal what has become complete. Call it after each commit that advanced the account. */
  seal(): void {
    if (this.#work) {
      this.#again = true;
      return;
    }
    this.#work = this.#run()
      .catch((error: unknown) =>
        this.#options.log.error(`could not seal, will try again: ${messageOf(error)}`),
      )
      .finally(() => {
        this.#work = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.seal();
      });
  }

  async #run(): Promise<void> {
    const { store, recorder, bus, clock, feed, openTo } = this.#options;
    if (this.#isHeldUp()) return;
    const symbols = [...this.#options.symbols()];
    const until = this.#sealedUntil(symbols);
    if (until <= this.#next) return;
    const from = Math.max(this.#next, until - mostAtOnce) as EpochMinute;
    const counts = await this.#countBars(symbols, from, until);
    const isOpen = openTo(symbols);
    const seals: Seal[] = [];
    for (let minute = from; minute < until; minute = addMinutes(minute, 1)) {
      if (!isOpen(minute)) continue;
      const bars = counts[minute - from] ?? 0;
      seals.push({ minute, sealedAt: clock.now(), bars, quiet: symbols.length - bars });
    }
    this.#next = until;
    if (seals.length === 0 || store.memory.lastSeal?.minute === seals.at(-1)?.minute) return;
    recorder.note({ seals });
    for (const { minute, bars, quiet, sealedAt } of seals) {
      bus.publish({ type: 'seal', feed, minute, bars, quiet, at: sealedAt });
    }
  }

  /** Resolves when nothing is being sealed any more. */
  async idle(): Promise<void> {
    while (this.#work) await this.#work;
  }

  /** The first minute that `symbol` still lacks. */
  #lacksFrom(symbol: MarketSymbol): EpochMinute {
    const { account, watchedSince } = this.#options.store.memory;
    // Minutes before it was watched are not owed to a symbol, and hold up no seal.
    const since = Math.max(this.#next, watchedSince.get(symbol) ?? this.#next) as EpochMinute;
    return account.sealedUntil([symbol], since, isCryptoPair(symbol) ? 'crypto' : this.#options.feed);
  }

  #isHeldUp(): boolean {
    const late = this.#late;
    return late !== undefined && this.#options.isPolled(late) && this.#lacksFrom(late) <= this.#next;
  }

  #sealedUntil(symbols: readonly MarketSymbol[]): EpochMinute {
    let until = Number.POSITIVE_INFINITY;
    for (const symbol of symbols) {
      const own = this.#lacksFrom(symbol);
      // The last of them: batches are asked in this order, so it is the last to be late no more.
      if (own > until) continue;
      until = own;
      this.#late = symbol;
    }
    // Outside the hours the next gap is the next opening: no minute after the present is sealed.
    const closed = Math.floor(this.#options.clock.now() / 60_000);
    return (Number.isFinite(until) ? Math.min(until, closed) : this.#next) as EpochMinute;
  }

  async #countBars(symbols: readonly MarketSymbol[], from: EpochMinute, to: EpochMinute): Promise<number[]> {
    const counts = Array.from({ length: to - from }, () => 0);
    const wanted = new Set(symbols);
    for (const [symbol, marks] of await this.#options.store.marks({ from, to })) {
      if (!wanted.has(symbol)) continue;
      for (let at = 0; at < counts.length; at++) counts[at] = (counts[at] ?? 0) + (marks[at] === 1 ? 1 : 0);
    }
    return counts;
  }
}
