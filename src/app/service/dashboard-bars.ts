import type { BarsAnswer, BarVersionsAnswer, CellState, ChartBar } from '../../gateway/dashboard/contract.ts';
import type { ChartQuery } from '../../gateway/dashboard/dashboard-data.ts';
import { minuteStates, stateRow } from '../../ledger/account-state.ts';
import type { Bar } from '../../market/bar.ts';
import { type Feed, stockFeeds } from '../../market/feed.ts';
import type { EpochMs } from '../../time/clock.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import { parseTimeframe, type Timeframe } from '../../store/timeframe.ts';
import {
  addMinutes,
  closeOf,
  type EpochMinute,
  lastClosed,
  minuteOf,
  msPerMinute,
} from '../../time/minute.ts';
import type { Service } from './service.ts';

/** Candles that a chart gets at most, the newest ones. */
const mostBars = 5_000;

/** Longer spans are shown without their revisions: who looks at months does not look for those. */
const longestMarked = 11 * 1440;

/** Candles with what is remarkable about the minute bars in them. */
export async function chartBars(
  service: Service,
  query: ChartQuery,
  startedAt: EpochMs,
): Promise<BarsAnswer> {
  const { store, recorder, hours, engine } = service;
  const timeframe = parseTimeframe(query.timeframe);
  const symbol = query.symbol as MarketSymbol;
  const [start, end] = [query.start as EpochMinute, query.end as EpochMinute];
  await recorder.flushUnlessFailing();
  const read = { symbols: [symbol], start, end, timeframe, sort: 'desc', limit: mostBars } as const;
  const { bars: page } = await store.read(read);
  const remarks =
    end - start <= longestMarked
      ? await remarksOn(service, { symbol, start, end, timeframe, startedAt })
      : new Map();
  const bars = page.toReversed().map(({ minute, o, h, l, c, v, n, vw }): ChartBar => {
    const { revised = 0, late = 0 } = (remarks.get(minute) ?? {}) as Partial<Remark>;
    return { minute, o, h, l, c, v, n, vw, revised, late };
  });
  return {
    symbol,
    timeframe: query.timeframe,
    bars,
    // Bars that come in later are of these sessions, too.
    sessions: [...hours.calendar.runs(start, addMinutes(end, 1440), 'regular')].map(({ from, to }) => ({
      from,
      to,
    })),
    known: engine.poller.roster.get(symbol) !== undefined,
  };
}

interface RemarkQuery {
  readonly symbol: MarketSymbol;
  readonly start: EpochMinute;
  readonly end: EpochMinute;
  readonly timeframe: Timeframe;
  readonly startedAt: EpochMs;
}

interface Remark {
  revised: number;
  late: number;
}

/** Minute bars that their own feed corrected, or that came after the next poll, by bucket. */
async function remarksOn(
  { store, settings }: Service,
  { symbol, start, end, timeframe, startedAt }: RemarkQuery,
): Promise<Map<number, Remark>> {
  const remarks = new Map<number, Remark>();
  const counts = new Map<EpochMinute, { first: Bar; versions: number }>();
  for await (const chunk of store.replay({ symbols: [symbol], start, end })) {
    for (const bar of chunk) {
      // Another feed's bar heals a minute; that is no revision.
      if (bar.feed !== settings.feed && bar.feed !== 'crypto') continue;
      const known = counts.get(bar.minute);
      if (known) known.versions += 1;
      else counts.set(bar.minute, { first: bar, versions: 1 });
    }
  }
  // What came later than live polling reaches back was filled in afterwards: that is no lateness of the market.
  const latest = (settings.lookback + 2) * msPerMinute;
  for (const [minute, { first, versions }] of counts) {
    const after = first.receivedAt - closeOf(minute);
    // Minutes before the start could not be asked for in time.
    const isLate = after > msPerMinute && after <= latest && closeOf(minute) >= startedAt;
    if (versions === 1 && !isLate) continue;
    const bucket = timeframe.unit === 'minute' ? minute - (minute % timeframe.count) : minute;
    const remark = remarks.get(bucket) ?? { revised: 0, late: 0 };
    remark.revised += versions > 1 ? 1 : 0;
    remark.late += isLate ? 1 : 0;
    remarks.set(bucket, remark);
  }
  return remarks;
}

/** One cell: its state, who was asked for it, and every version of its bar. */
export async function barVersions(service: Service, name: string, at: number): Promise<BarVersionsAnswer> {
  const { store, recorder, engine, clock, hours } = service;
  const symbol = name as MarketSymbol;
  const minute = at as EpochMinute;
  await recorder.flushUnlessFailing();
  const versions = await store.versions(symbol, minute);
  const { account } = store.memory;
  const state = engine.poller.roster.get(symbol);
  const closedThrough = lastClosed(clock.now());
  const window = { from: minute, to: addMinutes(minute, 1) };
  const [code = 0] = stateRow(account, symbol, window, Uint8Array.of(versions.length > 0 ? 1 : 0), {
    closedThrough,
    liveFrom: state?.openFrom ?? closedThrough,
    quarantinedSince: () => (state?.quarantine ? minuteOf(state.quarantine.since) : undefined),
    isOpen: (each) => hours.isOpen(each, symbol),
  });
  const feeds: readonly Feed[] = [...stockFeeds, 'crypto'];
  const askedOf = feeds.filter((feed) => account.covers(symbol, minute, feed));
  return {
    symbol,
    minute,
    state: (minuteStates[code] ?? 'none') satisfies CellState,
    healed: service.settings.feed === 'iex' && askedOf.includes('sip'),
    askedOf,
    versions: versions.map(({ version, feed, receivedAt, o, h, l, c, v, n, vw }) => ({
      version,
      feed,
      receivedAt,
      o,
      h,
      l,
      c,
      v,
      n,
      vw,
    })),
  };
}
