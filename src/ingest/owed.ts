import type { Account } from '../ledger/account.ts';
import type { Feed } from '../market/feed.ts';
import { isCryptoPair, type MarketSymbol } from '../market/symbol.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { Want } from './cut.ts';

export interface OwedOptions {
  readonly account: Account;
  /** Since when each symbol is watched; one that is not is owed nothing. */
  readonly watchedSince: ReadonlyMap<MarketSymbol, EpochMinute>;
  /** The feed that stocks are polled from. */
  readonly feed: Feed;
  /** The first minute that live polling itself still settles, per symbol. */
  readonly liveFrom: (symbol: MarketSymbol) => EpochMinute;
  /** Minutes from here on are owed to every symbol, where somebody asked for that. */
  readonly since?: EpochMinute | undefined;
}

/**
 * Minutes of `feed` that are owed and were never asked: between the first minute that a symbol is watched and
 * the ones that live polling takes care of.
 */
export function owedMinutes(symbols: Iterable<MarketSymbol>, options: OwedOptions): Want[] {
  return wantsBetween(symbols, options, options.feed, options.liveFrom);
}

/**
 * Minutes of watched stocks up to `through` (exclusive) that were not asked of `healFeed` yet.
 */
export function unhealedMinutes(
  symbols: Iterable<MarketSymbol>,
  options: Omit<OwedOptions, 'liveFrom'> & { readonly healFeed: Feed; readonly through: EpochMinute },
): Want[] {
  const stocks = [...symbols].filter((symbol) => !isCryptoPair(symbol));
  return wantsBetween(stocks, options, options.healFeed, () => options.through);
}

function wantsBetween(
  symbols: Iterable<MarketSymbol>,
  { account, watchedSince, feed, since }: Omit<OwedOptions, 'liveFrom'>,
  wanted: Feed,
  until: (symbol: MarketSymbol) => EpochMinute,
): Want[] {
  const groups = new Map<
    string,
    { readonly from: EpochMinute; readonly to: EpochMinute; readonly symbols: MarketSymbol[] }
  >();
  for (const symbol of symbols) {
    const own = isCryptoPair(symbol) ? 'crypto' : feed;
    const from = Math.min(
      watchedSince.get(symbol) ?? Number.POSITIVE_INFINITY,
      since ?? Number.POSITIVE_INFINITY,
    ) as EpochMinute;
    const to = until(symbol);
    if (!(from < to)) continue;
    const missing = account.gaps(symbol, { from, to }, isCryptoPair(symbol) ? 'crypto' : wanted);
    for (const gap of missing) {
      const key = `${gap.from} ${gap.to} ${own}`;
      const group = groups.get(key);
      if (group) group.symbols.push(symbol);
      else groups.set(key, { from: gap.from, to: gap.to, symbols: [symbol] });
    }
  }
  return [...groups.values()].sort((a, b) => a.from - b.from || a.to - b.to);
}
