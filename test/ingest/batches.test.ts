import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf } from '../../src/ingest/batches.ts';
import { Roster, type SymbolState } from '../../src/ingest/roster.ts';
import { isCryptoPair, type MarketSymbol } from '../../src/market/symbol.ts';
import type { EpochMinute } from '../../src/time/minute.ts';

const limits = { batchSize: 8, maxListBytes: 7_600 };

function statesOf(names: readonly string[], failures: Readonly<Record<string, number>> = {}): SymbolState[] {
  const roster = new Roster();
  roster.add(
    names.map((name) => name as MarketSymbol),
    1 as EpochMinute,
  );
  for (const state of roster.all()) state.failures = failures[state.symbol] ?? 0;
  return [...roster.all()];
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `S${at}`);

describe('batchesOf', () => {
  it('packs symbols in their order', () => {
    expect(batchesOf(statesOf(names(17)), limits).map((batch) => batch.length)).toEqual([8, 8, 1]);
    expect(batchesOf(statesOf(names(17)), limits).flat()).toEqual(names(17));
    expect(batchesOf([], limits)).toEqual([]);
  });

  it('packs those whose batch failed in halves, quarters, and at last alone', () => {
    const sizes = [0, 1, 2, 3, 4, 40].map((failures) => {
      const failing = Object.fromEntries(names(8).map((name) => [name, failures]));
      return batchesOf(statesOf(names(8), failing), limits).map((batch) => batch.length);
    });
    expect(sizes).toEqual([[8], [4, 4], [2, 2, 2, 2], ones(8), ones(8), ones(8)]);
  });

  it('keeps those that failed out of the batches of the others', () => {
    const batches = batchesOf(statesOf(names(10), { S2: 2, S7: 2, S8: 1 }), limits);
    expect(batches).toEqual([['S0', 'S1', 'S3', 'S4', 'S5', 'S6', 'S9'], ['S2', 'S7'], ['S8']]);
  });

  it('never mixes pairs and stocks', () => {
    const batches = batchesOf(statesOf(['AAPL', 'BTC/USD', 'MSFT', 'ETH/USD']), limits);
    expect(batches).toEqual([
      ['AAPL', 'MSFT'],
      ['BTC/USD', 'ETH/USD'],
    ]);
  });

  it('asks about each symbol in exactly one batch, whatever failed, inside the limits', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[A-Z]{1,5}(\/USD)?$/), { maxLength: 60 }),
        fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 12, max: 200 }),
        (symbols, failures, batchSize, maxListBytes) => {
          const failing = Object.fromEntries(
            symbols.map((one, at) => [one, failures[at % failures.length] ?? 0]),
          );
          const batches = batchesOf(statesOf(symbols, failing), { batchSize, maxListBytes });
          expect(batches.flat().toSorted()).toEqual(symbols.toSorted());
          for (const batch of batches) {
            expect(batch.length).toBeLessThanOrEqual(batchSize);
            expect(new Set(batch.map(isCryptoPair)).size).toBe(1);
            expect(batch.map(encodeURIComponent).join().length).toBeLessThanOrEqual(maxListBytes);
          }
        },
      ),
    );
  });
});

function ones(count: number): number[] {
  return Array.from({ length: count }, () => 1);
}
