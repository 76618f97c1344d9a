import type { StreamItem } from '../../fanout/stream-item.ts';
import { everything } from '../../fanout/subscription.ts';
import type { Bar } from '../../market/bar.ts';
import type { Feed } from '../../market/feed.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { EpochMs } from '../../time/clock.ts';
import { addMinutes, type EpochMinute, minuteOf } from '../../time/minute.ts';
import { fromNewYork, toNewYork } from '../../time/new-york.ts';
import type { BarHistory, HistoryBar, Missing } from '../ports.ts';
import { DayFold } from './day-fold.ts';

export interface DailyBarsOptions {
  readonly history: BarHistory;
  /** Symbols of whose day somebody wants to hear, `*` among them for all. */
  readonly interest: (feed: Feed) => ReadonlySet<string>;
  readonly send: (feed: Feed, items: readonly StreamItem[]) => void;
  readonly onFailure: (error: unknown) => void;
  /** Have the store complete a window, where what it lacks can be fetched. */
  readonly ensure?: (wanted: Missing) => Promise<void>;
}

/** Symbols whose day is read from the store at a time. */
const seedSymbols = 100;
const pageBars = 10_000;
/** For more symbols than this at once the day begins with what is kept of it. */
const mostFetched = 50;

/** Makes the day so far from the minute bars: an hour bar for each whole hour, then the minutes since. */
export class DailyBars {
  readonly #options: DailyBarsOptions;
  readonly #folds = new Map<string, DayFold>();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: DailyBarsOptions) {
    this.#options = options;
  }

  /** Bars went out live: the days of those that somebody follows go out next, in the same order. */
  take(feed: Feed, bars: readonly Bar[]): void {
    const interest = this.#options.interest(feed);
    if (interest.size === 0) return;
    const followed = interest.has(everything) ? bars : bars.filter((bar) => interest.has(bar.symbol));
    if (followed.length === 0) return;
    this.#turn = this.#turn.then(() => this.#update(feed, followed)).catch(this.#options.onFailure);
  }

  async #update(feed: Feed, bars: readonly Bar[]): Promise<void> {
    const days = new Map<EpochMinute, Bar[]>();
    for (const bar of bars) {
      const day = dayStart(bar.minute);
      const list = days.get(day);
      if (list) list.push(bar);
      else days.set(day, [bar]);
    }
    for (const [day, ofDay] of days) {
      const stale = ofDay.filter((bar) => !this.#add(feed, day, bar)).map((bar) => bar.symbol);
      if (stale.length > 0) await this.#seed(feed, day, [...new Set(stale)], ofDay);
      this.#send(feed, day, ofDay);
    }
  }

  #add(feed: Feed, day: EpochMinute, bar: Bar): boolean {
    const fold = this.#folds.get(`${feed} ${bar.symbol}`);
    // A bar of a day before the present one is history: its day is over.
    if (fold && fold.day > day) return true;
    return fold?.day === day && fold.add(bar);
  }

  #send(feed: Feed, day: EpochMinute, bars: readonly Bar[]): void {
    const items = new Map<MarketSymbol, StreamItem>();
    for (const { symbol, receivedAt } of bars) {
      const fold = this.#folds.get(`${feed} ${symbol}`);
      const row = fold?.day === day ? fold.get() : undefined;
      if (row) items.set(symbol, { kind: 'd', symbol, row, receivedAt });
    }
    this.#options.send(feed, [...items.values()]);
  }

  async #seed(feed: Feed, day: EpochMinute, symbols: MarketSymbol[], live: readonly Bar[]): Promise<void> {
    const known = symbols
      .map((symbol) => this.#folds.get(`${feed} ${symbol}`))
      .filter((fold) => fold?.day === day);
    const minutes = [...live.map((bar) => bar.minute), ...known.map((fold) => fold?.last ?? day)];
    const last = minutes.reduce((a, b) => (a > b ? a : b), day);
    const hour = (last - (last % 60)) as EpochMinute;
    const cut = Math.max(day, hour - 60) as EpochMinute;
    if (symbols.length <= mostFetched)
      await this.#options.ensure?.({ symbols, start: day, end: last }).catch(this.#options.onFailure);
    for (const symbol of symbols) this.#folds.set(`${feed} ${symbol}`, new DayFold(day));
    for (let at = 0; at < symbols.length; at += seedSymbols) {
      const some = symbols.slice(at, at + seedSymbols);
      const hours = { symbols: some, timeframe: { unit: 'minute', count: 60 } as const };
      if (cut > day) await this.#load(feed, { ...hours, start: day, end: addMinutes(cut, -1) });
      for (const symbol of some) this.#folds.get(`${feed} ${symbol}`)?.foldThrough(addMinutes(cut, -1));
      const singles = { symbols: some, timeframe: { unit: 'minute', count: 1 } as const };
      await this.#load(feed, { ...singles, start: cut, end: last });
    }
    for (const bar of live) this.#add(feed, day, bar);
  }

  async #load(
    feed: Feed,
    query: Pick<Parameters<BarHistory['read']>[0], 'symbols' | 'timeframe' | 'start' | 'end'>,
  ): Promise<void> {
    let after: HistoryBar | undefined;
    for (;;) {
      const place = after ? { after: { symbol: after.symbol, minute: after.minute } } : {};
      const bars = await this.#options.history.read({ ...query, ...place, sort: 'asc', limit: pageBars });
      for (const bar of bars) this.#folds.get(`${feed} ${bar.symbol}`)?.add(bar);
      if (bars.length < pageBars) return;
      after = bars.at(-1);
    }
  }
}

/** The minute at which the New York day of `minute` began. */
export function dayStart(minute: EpochMinute): EpochMinute {
  return fromNewYork(toNewYork(minute).day, 0);
}

/** The minute at which the New York day of `instant` began. */
export function dayStartOf(instant: EpochMs): EpochMinute {
  return dayStart(minuteOf(instant));
}
