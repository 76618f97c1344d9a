import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { diff, SymbolSet } from '../../src/universe/symbol-set.ts';

const setOf = (...symbols: string[]) => new SymbolSet(symbols as MarketSymbol[]);

describe('a set of symbols', () => {
  it('keeps the order and drops repetitions', () => {
    expect([...setOf('MSFT', 'AAPL', 'MSFT')]).toEqual(['MSFT', 'AAPL']);
    expect(setOf('MSFT', 'AAPL', 'MSFT').size).toBe(2);
  });

  it('splits stocks from crypto pairs', () => {
    const set = setOf('AAPL', 'BTC/USD', 'BRK.B', 'ETH/BTC');
    expect(set.stocks).toEqual(['AAPL', 'BRK.B']);
    expect(set.crypto).toEqual(['BTC/USD', 'ETH/BTC']);
    expect(set.has('ETH/BTC' as MarketSymbol)).toBe(true);
    expect(set.has('SPY' as MarketSymbol)).toBe(false);
  });

  it('differs from another by what was added and removed', () => {
    expect(diff(setOf('A', 'B', 'C'), setOf('C', 'D', 'A'))).toEqual({ added: ['D'], removed: ['B'] });
  });

  it('becomes the other once the difference is applied', () => {
    const symbols = fc.array(fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G/H'));
    fc.assert(
      fc.property(symbols, symbols, (from, to) => {
        const before = setOf(...from);
        const after = setOf(...to);
        const { added, removed } = diff(before, after);
        const applied = new Set([...before].filter((symbol) => !removed.includes(symbol)).concat(added));
        expect(applied).toEqual(new Set(after));
        expect(added.length + removed.length === 0).toBe(
          applied.size === before.size && removed.length === 0,
        );
      }),
    );
  });
});
