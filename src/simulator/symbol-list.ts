import { fraction, hash } from './hash.ts';
import { knownSymbols } from './known-symbols.ts';
import { isStockSymbol } from './symbol-grammar.ts';

/** The most symbols that can be asked for; the market has about 12,000. */
export const maxSymbols = 1_000_000;

const suffixes = ['A', 'B', 'U', 'WS'] as const;

/**
 * The first `count` symbols of an endless, fixed list: well-known names first, then plausible ones. A larger
 * count only adds to the end.
 */
export function symbolList(count: number): readonly string[] {
  const list = knownSymbols.slice(0, count);
  const taken = new Set(list);
  for (let place = 0; list.length < count; place++) {
    const symbol = tickerAt(place);
    if (taken.has(symbol) || !isStockSymbol(symbol)) continue;
    taken.add(symbol);
    list.push(symbol);
  }
  return list;
}

function tickerAt(place: number): string {
  const bits = hash(0x5eed, place);
  const share = fraction(bits);
  const length = share < 0.002 ? 1 : share < 0.02 ? 2 : share < 0.3 ? 3 : share < 0.88 ? 4 : 5;
  let ticker = '';
  for (let index = 0; index < length; index++) {
    ticker += String.fromCharCode(65 + (hash(bits, index + 1) % 26));
  }
  const ending = hash(bits, 99);
  return fraction(ending) < 0.03 ? `${ticker}.${suffixes[ending % 4] ?? 'A'}` : ticker;
}
