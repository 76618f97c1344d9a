import type { MarketSymbol } from '../../market/symbol.ts';
import { addMinutes, lastClosed } from '../../time/minute.ts';
import type { HistoryBar } from '../ports.ts';
import { barJson, mapJson } from './bar-json.ts';
import { type Ask, ensure, isPolled } from './data-world.ts';
import { choice, cryptoPairs, required, stockSymbols } from './parameters.ts';
import { refuse } from './refusal.ts';

/** How far back the latest bar of a symbol that is not polled is looked for, in minutes. */
const lookBackMinutes = 60;

/** GET /v2/stocks/bars/latest */
export async function latestBars(ask: Ask): Promise<string> {
  checkFeed(ask);
  return latestJson(ask, stockSymbols(required(ask.query, 'symbols'), 'latest', isPolled(ask)));
}

/** GET /v1beta3/crypto/us/latest/bars */
export async function latestCryptoBars(ask: Ask): Promise<string> {
  return latestJson(ask, cryptoPairs(required(ask.query, 'symbols')));
}

/** GET /v2/stocks/{symbol}/bars/latest */
export async function latestBarOfOne(ask: Ask): Promise<string> {
  checkFeed(ask);
  const [symbol] = stockSymbols(ask.names[0] ?? '', 'latest', isPolled(ask));
  const [bar] = symbol === undefined ? [] : await latestOf(ask, [symbol]);
  if (!bar) throw refuse(404, `no bar is known of ${String(symbol)}`);
  return `{"bar":${barJson(bar)},"symbol":${JSON.stringify(bar.symbol)}}`;
}

async function latestJson(ask: Ask, symbols: readonly MarketSymbol[]): Promise<string> {
  const bars = await latestOf(ask, symbols);
  return `{"bars":${mapJson(bars.map((bar) => [bar.symbol, barJson(bar)] as const))}}`;
}

/** The latest minute bars, in the order of the symbols. */
export async function latestOf(ask: Ask, symbols: readonly MarketSymbol[]): Promise<readonly HistoryBar[]> {
  const { clock, history, universe } = ask.world;
  const known = await history.latest(symbols);
  const have = new Set(known.map((bar) => bar.symbol));
  const absent = symbols.filter((symbol) => !have.has(symbol) && !universe.has(symbol));
  if (!ask.world.missing || absent.length === 0) return known;
  const end = lastClosed(clock.now());
  await ensure(ask, { symbols: absent, start: addMinutes(end, 1 - lookBackMinutes), end });
  return history.latest(symbols);
}

/** @throws FleeceError as Alpaca refuses a feed that the plan does not have in real time. */
export function checkFeed(ask: Ask): void {
  const { feed } = ask.world;
  const feeds = ['delayed_sip', 'iex', 'otc', 'sip', 'boats', 'overnight'];
  const asked = choice<string>(ask.query, 'feed', feeds, feed);
  if (asked === 'sip' && feed !== 'sip')
    throw refuse(403, 'subscription does not permit querying recent SIP data');
  if (asked !== feed) throw refuse(400, `invalid feed: ${asked} (${feed} is what is polled here)`);
}
