import { isCryptoPair, type MarketSymbol } from '../market/symbol.ts';

/** The symbols of a run, each once, in a fixed order. It never changes: a new universe is a new value. */
export class SymbolSet implements Iterable<MarketSymbol> {
  readonly symbols: readonly MarketSymbol[];
  /** Those served from the stock endpoints, in the hours of the exchange. */
  readonly stocks: readonly MarketSymbol[];
  /** Pairs such as `BTC/USD`, served from the crypto endpoints, around the clock. */
  readonly crypto: readonly MarketSymbol[];
  readonly #members: ReadonlySet<MarketSymbol>;

  constructor(symbols: Iterable<MarketSymbol>) {
    this.#members = new Set(symbols);
    this.symbols = [...this.#members];
    this.stocks = this.symbols.filter((symbol) => !isCryptoPair(symbol));
    this.crypto = this.symbols.filter((symbol) => isCryptoPair(symbol));
  }

  get size(): number {
    return this.symbols.length;
  }

  has(symbol: MarketSymbol): boolean {
    return this.#members.has(symbol);
  }

  [Symbol.iterator](): IterableIterator<MarketSymbol> {
    return this.symbols[Symbol.iterator]();
  }
}

/** What changed from one universe to the next. */
export interface SymbolDiff {
  readonly added: readonly MarketSymbol[];
  readonly removed: readonly MarketSymbol[];
}

/** The symbols of `after` that `before` lacks, and the other way round. */
export function diff(before: SymbolSet, after: SymbolSet): SymbolDiff {
  return {
    added: after.symbols.filter((symbol) => !before.has(symbol)),
    removed: before.symbols.filter((symbol) => !after.has(symbol)),
  };
}
