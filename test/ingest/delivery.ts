import type { IngestSink, NoticeEvent } from '../../src/ingest/events.ts';
import { Poller, type PollerOptions } from '../../src/ingest/poller.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type Bar, sameValues } from '../../src/market/bar.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';
import { type EpochMinute, minuteOf } from '../../src/time/minute.ts';
import { FakeMarket } from './fake-market.ts';

/** 20 s into a minute. */
export const start = Date.parse('2026-01-14T15:00:20Z');
export const firstMinute = minuteOf(start);

export interface Delivered {
  readonly bar: Bar;
  readonly at: number;
}

export type Setup = Partial<Omit<PollerOptions, 'through'>> & {
  readonly symbols?: readonly string[];
  readonly minutes?: number | 'endless';
  readonly batchSize?: number;
  readonly concurrency?: number;
  readonly ledger?: Ledger;
};

/** A poller over a market in memory, and all that comes out of it. */
export function setUp(options: Setup = {}) {
  const {
    symbols = ['A', 'B', 'C', 'D'],
    minutes = 5,
    batchSize = 2,
    concurrency = 4,
    ledger,
    ...rest
  } = options;
  const clock = new SteppedClock(start);
  const market = new FakeMarket(clock);
  const delivered: Delivered[] = [];
  const notices: NoticeEvent[] = [];
  const stop = new AbortController();
  const sink: IngestSink = {
    bars: (bars) => {
      for (const bar of bars) delivered.push({ bar, at: clock.now() });
      return true;
    },
    notice: (event) => void notices.push(event),
  };
  const shape = {
    batchSize,
    concurrency,
    requestsPerMinute: 100,
    secondPassRequests: 40,
    maxListBytes: 7_600,
  };
  const poller = new Poller(
    {
      source: market,
      sink,
      clock,
      feed: 'iex',
      shape,
      lookback: 5,
      settleMs: 1_500,
      from: firstMinute,
      settleMinutes: 2,
      ...(minutes !== 'endless' && { through: (firstMinute + minutes - 1) as EpochMinute }),
      ...rest,
    },
    symbols.map((symbol) => symbol as MarketSymbol),
    ledger,
  );
  return {
    clock,
    market,
    poller,
    shape,
    delivered,
    notices,
    stop,
    symbols,
    run: () => poller.run(stop.signal),
    of: <T extends NoticeEvent['type']>(type: T) =>
      notices.filter((event): event is Extract<NoticeEvent, { type: T }> => event.type === type),
  };
}

/** A bar of every symbol in every minute from `first` on. */
export function fill(
  market: FakeMarket,
  symbols: readonly string[],
  minutes: number,
  first = firstMinute,
): void {
  for (const [at, symbol] of symbols.entries())
    for (let minute: number = first; minute < first + minutes; minute++)
      market.show(symbol, minute, 10 + at + (minute - first));
}

export interface Owed {
  readonly symbols: readonly string[];
  readonly from?: number;
  readonly minutes: number;
  readonly lookback?: number;
  /** Until when a bar may appear or change and still be owed; by default to the end of its lookback. */
  readonly settledAt?: number;
}

/**
 * Everything that is wrong with a delivery, told by the market's own truth and not by what the poller says of
 * itself: bars that are lost, doubled, invented, early, out of order, or not what the service showed last.
 */
export function faultsOf(market: FakeMarket, delivered: readonly Delivered[], owed: Owed): string[] {
  const { symbols, from = firstMinute, minutes, lookback = 5, settledAt = Number.POSITIVE_INFINITY } = owed;
  const faults = market.overlaps.map((symbol) => `${symbol} is in two requests at a time`);
  const last = new Map<string, Delivered>();
  const newest = new Map<string, number>();
  for (const one of delivered) {
    const { bar, at } = one;
    const place = `${bar.symbol} +${bar.minute - from}`;
    const before = last.get(place);
    if (bar.type !== (before ? 'revision' : 'bar')) faults.push(`${place} is doubled, or revised unseen`);
    if (bar.version !== (before?.bar.version ?? 0) + 1) faults.push(`${place} has version ${bar.version}`);
    if (before && sameValues(before.bar, bar)) faults.push(`${place} is revised to the same`);
    if (at < (bar.minute + 1) * 60_000) faults.push(`${place} is delivered before its minute has closed`);
    const life = market.lives.get(bar.symbol)?.get(bar.minute) ?? [];
    if (!life.some(({ row, at: shown }) => shown <= at && sameValues(row, bar)))
      faults.push(`${place} is invented`);
    const isLate = (life[0]?.at ?? 0) > (bar.minute + 1) * 60_000 + 1_000;
    if (!before && !isLate && bar.minute < (newest.get(bar.symbol) ?? 0))
      faults.push(`${place} is out of order`);
    newest.set(bar.symbol, Math.max(bar.minute, newest.get(bar.symbol) ?? 0));
    last.set(place, one);
  }
  for (const symbol of symbols) {
    for (let minute: number = from; minute < from + minutes; minute++) {
      const until = Math.min((minute + 1 + lookback) * 60_000, settledAt);
      const truth = market.at(symbol, minute, until);
      const got = last.get(`${symbol} +${minute - from}`);
      const isNewEnough = (market.lives.get(symbol as MarketSymbol)?.get(minute) ?? []).some(
        ({ row }, index, life) =>
          got && sameValues(row, got.bar) && (life[index + 1]?.at ?? Number.POSITIVE_INFINITY) > until,
      );
      if (truth && !got) faults.push(`${symbol} +${minute - from} is lost`);
      else if (truth && !isNewEnough) faults.push(`${symbol} +${minute - from} is stale`);
    }
  }
  return faults;
}
