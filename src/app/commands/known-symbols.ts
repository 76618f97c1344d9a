import type { Stretch } from '../../ledger/account-stretch.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { DuckDbStore } from '../../store/duckdb-store.ts';
import { readFeedSpans } from '../../store/newest-bars.ts';

/** Symbols of which the store has bars, or was asked, in a range; sorted. */
export async function knownSymbols(store: DuckDbStore, range: Stretch): Promise<MarketSymbol[]> {
  const known = new Set((await readFeedSpans(store, range, undefined)).map(({ symbol }) => symbol));
  for (const { symbol, stretches } of store.memory.account.entries())
    if (stretches.some(({ from, to }) => from < range.to && to > range.from)) known.add(symbol);
  for (const symbol of store.memory.quarantine.keys()) known.add(symbol);
  return [...known].sort();
}
