import type { Ledger } from '../ledger/ledger.ts';
import type { Bar } from '../market/bar.ts';
import type { BarPage, BarSource, Lane } from '../market/bar-source.ts';
import type { Feed, StockFeed } from '../market/feed.ts';
import { isCryptoPair, type MarketSymbol } from '../market/symbol.ts';
import type { Clock, EpochMs } from '../time/clock.ts';
import { addMinutes, type EpochMinute, lastClosed } from '../time/minute.ts';
import type { IngestSink } from './events.ts';
import type { Punctuality } from './punctuality.ts';
import type { Roster, SymbolState } from './roster.ts';

export interface AskerOptions {
  readonly source: BarSource;
  readonly ledger: Ledger;
  readonly roster: Roster;
  readonly punctuality: Punctuality;
  readonly sink: IngestSink;
  readonly clock: Clock;
  readonly feed: StockFeed;
  /** Minutes for which a bar may still appear or change after its own minute. */
  readonly lookback: number;
  /** The last minute that is wanted, if the run is bounded. */
  readonly through: EpochMinute | undefined;
}

export interface AskContext {
  readonly lane: Lane;
  readonly deadline?: EpochMs;
  readonly signal: AbortSignal;
}

/** What one question brought. */
export interface Tally {
  bars: number;
  revisions: number;
}

/**
 * Asks for one batch from its symbols' watermarks to the last closed minute, and takes each page through the
 * ledger to the sink. The watermarks move only when the last page has been delivered, so whatever fails on
 * the way is asked for again, and the ledger keeps it from being delivered twice.
 */
export class Asker {
  readonly #options: AskerOptions;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** The last minute that can be asked for now. */
  lastMinute(): EpochMinute {
    const { clock, through } = this.#options;
    const closed = lastClosed(clock.now());
    return through !== undefined && through < closed ? through : closed;
  }

  /** Ask for the symbols of `asked`; adds what was delivered to `tally`. */
  async ask(asked: readonly SymbolState[], context: AskContext, tally: Tally): Promise<void> {
    const { source } = this.#options;
    const states = asked.filter((state) => !state.removed);
    const symbols = states.map((state) => state.symbol);
    const end = this.lastMinute();
    const start = states.reduce((least, state) => Math.min(least, state.openFrom), end + 1) as EpochMinute;
    if (start > end) return;
    const feed = feedOf(symbols, this.#options.feed);
    let askedAt: EpochMs | undefined;
    for await (const page of source.pages({ symbols, feed, start, end }, context)) {
      askedAt ??= page.askedAt;
      const bars = this.#enter(page, states, feed, end);
      for (const bar of bars) tally[bar.type === 'bar' ? 'bars' : 'revisions'] += 1;
      if (bars.length > 0) await this.#options.sink.bars(bars);
    }
    if (askedAt !== undefined) this.#settle(states, feed, end, askedAt);
  }

  #enter(page: BarPage, states: readonly SymbolState[], feed: Feed, end: EpochMinute): Bar[] {
    const { ledger, punctuality } = this.#options;
    const closed = lastClosed(page.askedAt);
    const closedThrough = closed < end ? closed : end;
    const newest = addMinutes(end, -1);
    const bars: Bar[] = [];
    for (const state of states) {
      const { symbol } = state;
      const rows = page.rows.get(symbol);
      if (!rows || state.removed) continue;
      const context = { feed, receivedAt: page.receivedAt, openFrom: state.openFrom, closedThrough };
      for (const bar of ledger.enter(symbol, rows, context)) {
        bars.push(bar);
        // What was asked for before, in vain, is late.
        if (bar.type === 'bar' && bar.minute >= newest)
          punctuality.see(bar.minute, bar.minute <= state.askedThrough);
        if (bar.minute > state.lastBar) state.lastBar = bar.minute;
      }
    }
    return bars;
  }

  #settle(asked: readonly SymbolState[], feed: Feed, to: EpochMinute, askedAt: EpochMs): void {
    const { ledger, roster, sink, lookback } = this.#options;
    // Of a symbol that was removed meanwhile the answer was dropped: nothing vouches for its minutes.
    const states = asked.filter((state) => !state.removed);
    const healed = states.filter((state) => state.gapFrom !== undefined);
    if (healed.length > 0) {
      const gapFrom = Math.min(...healed.map((state) => state.gapFrom ?? to)) as EpochMinute;
      const symbols = healed.map((state) => state.symbol);
      sink.notice({ type: 'gap', state: 'closed', symbols, from: gapFrom, to, reason: 'asked again' });
    }
    for (const [openFrom, group] of groupByWatermark(states)) {
      for (const state of group) {
        roster.settle(state, to, askedAt, lookback);
        ledger.forget(state.symbol, state.openFrom);
      }
      const symbols = group.map((state) => state.symbol);
      const settledThrough = addMinutes(group[0]?.openFrom ?? openFrom, -1);
      sink.notice({ type: 'asked', symbols, feed, from: openFrom, to, askedAt, settledThrough });
    }
  }
}

function groupByWatermark(states: readonly SymbolState[]): Map<EpochMinute, SymbolState[]> {
  const groups = new Map<EpochMinute, SymbolState[]>();
  for (const state of states) {
    const group = groups.get(state.openFrom);
    if (group) group.push(state);
    else groups.set(state.openFrom, [state]);
  }
  return groups;
}

function feedOf(symbols: readonly MarketSymbol[], stocks: StockFeed): Feed {
  const [first] = symbols;
  return first !== undefined && isCryptoPair(first) ? 'crypto' : stocks;
}
