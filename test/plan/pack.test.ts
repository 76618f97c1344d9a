import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, urlBytes } from '../../src/plan/pack.ts';

const bytesOf = (batch: readonly string[]) => batch.map(encodeURIComponent).join(',').length;

const symbol = fc.oneof(
  fc.stringMatching(/^[A-Z]{1,5}(\.[A-Z]{1,2})?$/),
  fc.stringMatching(/^[A-Z]{3}\/USD$/),
  fc.stringMatching(/^[!-~]{1,32}$/),
);

describe('pack', () => {
  it('cuts 31 symbols by 10 into 4 batches', () => {
    const symbols = Array.from({ length: 31 }, (_, at) => `S${at}`);
    const batches = pack(symbols, { maxSymbols: 10, maxBytes: 7_600 });
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 10, 1]);
  });

  it('makes no batch of no symbols', () => {
    expect(pack([], { maxSymbols: 10, maxBytes: 100 })).toEqual([]);
  });

  it('counts the commas between symbols', () => {
    expect(pack(['AAA', 'BBB', 'CCC'], { maxSymbols: 10, maxBytes: 11 })).toEqual([['AAA', 'BBB', 'CCC']]);
    expect(pack(['AAA', 'BBB', 'CCC'], { maxSymbols: 10, maxBytes: 10 })).toEqual([['AAA', 'BBB'], ['CCC']]);
  });

  it('counts three bytes for what a URL has to escape', () => {
    expect(urlBytes('BTC/USD')).toBe(9);
    expect(pack(['BTC/USD', 'ETH/USD'], { maxSymbols: 10, maxBytes: 18 })).toHaveLength(2);
    expect(pack(['BTC/USD', 'ETH/USD'], { maxSymbols: 10, maxBytes: 19 })).toHaveLength(1);
  });

  it('gives a symbol that is too long a batch of its own', () => {
    expect(pack(['A', 'TOOLONG', 'B'], { maxSymbols: 10, maxBytes: 3 })).toEqual([['A'], ['TOOLONG'], ['B']]);
  });

  it('keeps the order, loses nothing, holds both limits, and makes no batch that the one before has room for', () => {
    fc.assert(
      fc.property(
        fc.array(symbol, { maxLength: 120 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 300 }),
        (symbols, maxSymbols, maxBytes) => {
          const batches = pack(symbols, { maxSymbols, maxBytes });
          expect(batches.flat()).toEqual(symbols);
          for (const [at, batch] of batches.entries()) {
            expect(batch.length).toBeGreaterThan(0);
            expect(batch.length).toBeLessThanOrEqual(maxSymbols);
            if (batch.length > 1) expect(bytesOf(batch)).toBeLessThanOrEqual(maxBytes);
            const next = batches[at + 1]?.[0];
            if (next !== undefined) {
              const more = [...batch, next];
              expect(more.length > maxSymbols || bytesOf(more) > maxBytes).toBe(true);
            }
          }
        },
      ),
    );
  });
});
