import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sp500 } from '../../src/universe/sp500.ts';
import { parseSymbols } from '../../src/universe/symbol-list.ts';

describe('the bundled S&P 500', () => {
  it('holds about five hundred symbols in the dotted form, each once', () => {
    expect(sp500.length).toBeGreaterThan(495);
    expect(sp500.length).toBeLessThan(510);
    expect(new Set(sp500).size).toBe(sp500.length);
    expect(sp500.filter((symbol) => !/^[A-Z]{1,5}(\.[A-Z])?$/.test(symbol))).toEqual([]);
    expect(sp500).toEqual(expect.arrayContaining(['BRK.B', 'BF.B', 'AAPL']));
  });

  const published = new URL('../../../shared/data/universe/sp500-2026-08-08.csv', import.meta.url);
  it.skipIf(!existsSync(published))('agrees with a published list (needs ../shared/data/universe/)', () => {
    const { symbols } = parseSymbols(readFileSync(published, 'utf8'), 'sp500.csv');
    const ours = new Set(sp500);
    const common = symbols.filter((symbol) => ours.has(symbol)).length;
    expect(common / Math.max(symbols.length, sp500.length)).toBeGreaterThanOrEqual(0.97);
  });
});
