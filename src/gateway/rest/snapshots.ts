import type { MarketSymbol } from '../../market/symbol.ts';
import { addMinutes, type EpochMinute, lastClosed, startOf } from '../../time/minute.ts';
import { fromNewYork, newYorkDate } from '../../time/new-york.ts';
import { dayStart } from '../stream/daily-bars.ts';
import type { HistoryBar, Missing } from '../ports.ts';
import { barJson, mapJson } from './bar-json.ts';
import { type Ask, ensure, isPolled } from './data-world.ts';
import { checkFeed, latestOf } from './latest.ts';
import { required, stockSymbols } from './parameters.ts';

/** A long weekend and then some: the trading day before a day is not farther away, in minutes. */
const daysBack = 10 * 24 * 60;
const msPerDay = 86_400_000;

/** GET /v2/stocks/snapshots: a bare map, of what minute bars can tell. There is no trade and no quote in it. */
export async function snapshots(ask: Ask): Promise<string> {
  checkFeed(ask);
  const symbols = stockSymbols(required(ask.query, 'symbols'), 'latest', isPolled(ask));
  const members = await membersOf(ask, symbols);
  return mapJson([...members].map(([symbol, parts]) => [symbol, `{${parts.join(',')}}`] as const));
}

/** GET /v2/stocks/{symbol}/snapshot */
export async function snapshotOfOne(ask: Ask): Promise<string> {
  checkFeed(ask);
  const [symbol] = stockSymbols(ask.names[0] ?? '', 'latest', isPolled(ask));
  if (symbol === undefined) return '{}';
  const members = (await membersOf(ask, [symbol])).get(symbol) ?? [];
  return `{${[...members, `"symbol":${JSON.stringify(symbol)}`].join(',')}}`;
}

/** Symbols whose days are fetched for an answer where they are not kept: two days of five fill a page. */
const mostFetched = 50;

async function membersOf(ask: Ask, symbols: readonly MarketSymbol[]): Promise<Map<MarketSymbol, string[]>> {
  const latest = await latestOf(ask, symbols);
  const known = latest.map((bar) => bar.symbol);
  const [today, before] = daysNow(ask);
  const end = lastClosed(ask.world.clock.now());
  const noToday = await lackingAfterFetch(ask, { symbols: known, start: today, end });
  const noBefore =
    before === undefined
      ? new Set(known)
      : await lackingAfterFetch(ask, { symbols: known, start: before, end: addMinutes(today, -1) });
  const days = await daysOf(ask, known);
  const members = new Map<MarketSymbol, string[]>();
  for (const bar of latest) {
    const own = days.get(bar.symbol) ?? [];
    const daily = noToday.has(bar.symbol) ? undefined : own.find((day) => day.minute === today);
    const previous = noBefore.has(bar.symbol) ? undefined : own.find((day) => day.minute === before);
    members.set(bar.symbol, [
      ...(daily ? [`"dailyBar":${barJson(daily)}`] : []),
      `"minuteBar":${barJson(bar)}`,
      ...(previous ? [`"prevDailyBar":${barJson(previous)}`] : []),
    ]);
  }
  return members;
}

/** The starts of the latest trading day and of the one before it. */
function daysNow({ world }: Ask): readonly [EpochMinute, EpochMinute | undefined] {
  const now = lastClosed(world.clock.now());
  const first = newYorkDate(startOf(addMinutes(now, -daysBack)));
  const dates = world.market.calendar(first, newYorkDate(startOf(now))).map(({ date }) => date);
  const starts = dates.map((date) => fromNewYork(Date.parse(date) / msPerDay, 0));
  return [starts.at(-1) ?? dayStart(now), starts.at(-2)];
}

/** A day that is known in part would make a wrong bar: these symbols have none. */
async function lackingAfterFetch(ask: Ask, wanted: Missing): Promise<ReadonlySet<MarketSymbol>> {
  const { missing } = ask.world;
  if (!missing || wanted.symbols.length === 0) return new Set();
  if (wanted.symbols.length <= mostFetched) {
    // Whatever comes of it: an answer without a day is better than none.
    await ensure(ask, wanted).catch(() => undefined);
  }
  return missing.lacking(wanted);
}

/** The days of the last while, oldest first. */
async function daysOf(ask: Ask, symbols: MarketSymbol[]): Promise<Map<MarketSymbol, HistoryBar[]>> {
  const days = new Map<MarketSymbol, HistoryBar[]>();
  if (symbols.length === 0) return days;
  const end = lastClosed(ask.world.clock.now());
  const bars = await ask.world.history.read({
    symbols: symbols.toSorted(),
    timeframe: { unit: 'day', count: 1 },
    start: dayStart(addMinutes(end, -daysBack)),
    end,
    sort: 'asc',
    limit: 10_000,
  });
  for (const bar of bars) {
    const list = days.get(bar.symbol);
    if (list) list.push(bar);
    else days.set(bar.symbol, [bar]);
  }
  return days;
}
