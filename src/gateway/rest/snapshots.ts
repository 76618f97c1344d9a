import type { MarketSymbol } from '../../market/symbol.ts';
import { addMinutes, lastClosed } from '../../time/minute.ts';
import { dayStart } from '../stream/daily-bars.ts';
import type { HistoryBar } from '../ports.ts';
import { barJson, mapJson } from './bar-json.ts';
import { type Ask, isPolled } from './data-world.ts';
import { checkFeed, latestOf } from './latest.ts';
import { required, stockSymbols } from './parameters.ts';

/** A long weekend and then some: the trading day before a day is not farther away, in minutes. */
const daysBack = 10 * 24 * 60;

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

async function membersOf(ask: Ask, symbols: readonly MarketSymbol[]): Promise<Map<MarketSymbol, string[]>> {
  const latest = await latestOf(ask, symbols);
  const days = await daysOf(
    ask,
    latest.map((bar) => bar.symbol),
  );
  const members = new Map<MarketSymbol, string[]>();
  for (const bar of latest) {
    const today = dayStart(bar.minute);
    const own = days.get(bar.symbol) ?? [];
    const daily = own.find((day) => day.minute === today);
    const previous = own.findLast((day) => day.minute < today);
    members.set(bar.symbol, [
      ...(daily ? [`"dailyBar":${barJson(daily)}`] : []),
      `"minuteBar":${barJson(bar)}`,
      ...(previous ? [`"prevDailyBar":${barJson(previous)}`] : []),
    ]);
  }
  return members;
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
