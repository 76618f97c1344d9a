import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut } from '../../src/ingest/cut.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { EpochMinute } from '../../src/time/minute.ts';
import { tickerNamed } from './tickers.ts';

const limits = {
  feed: 'sip' as const,
  maxListBytes: 7_600,
  openMinutes: (from: EpochMinute, to: EpochMinute) => to - from + 1,
};

function symbolsNamed(count: number): MarketSymbol[] {
  return Array.from(
    { length: count },
    (_, at) => `${tickerNamed(at % 600)}${tickerNamed(Math.floor(at / 600))}` as MarketSymbol,
  );
}

describe('cut', () => {
  it('covers every wanted minute of every symbol once, in questions of a bounded size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_500 }),
        fc.integer({ min: 0, max: 3_000 }),
        (count, minutes) => {
          const symbols = symbolsNamed(count);
          const from = 1_000_000 as EpochMinute;
          const to = (from + minutes) as EpochMinute;
          const cells = new Map<string, number>();
          let total = 0;
          for (const question of cut([{ symbols, from, to }], limits)) {
            expect(question.mostBars).toBeLessThanOrEqual(300_000);
            expect(question.mostBars).toBe(question.symbols.length * (question.end - question.start + 1));
            expect(question.symbols.join(',').length).toBeLessThanOrEqual(limits.maxListBytes);
            total += question.mostBars;
            for (const symbol of question.symbols) {
              const key = `${symbol} ${question.start}`;
              cells.set(key, (cells.get(key) ?? 0) + 1);
            }
          }
          expect(total).toBe(count * minutes);
          expect([...cells.values()].every((times) => times === 1)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('asks for nothing in hours that are closed', () => {
    const closed = { ...limits, openMinutes: () => 0 };
    expect(
      cut([{ symbols: symbolsNamed(3), from: 10 as EpochMinute, to: 90 as EpochMinute }], closed),
    ).toEqual([]);
  });

  it('comes within 5 % of full pages for a day of the whole market', () => {
    const questions = cut(
      [{ symbols: symbolsNamed(11_635), from: 0 as EpochMinute, to: 390 as EpochMinute }],
      limits,
    );
    const requests = questions.reduce((sum, { mostBars }) => sum + Math.ceil(mostBars / 10_000), 0);
    expect(requests).toBeLessThanOrEqual(Math.ceil(((11_635 * 390) / 10_000) * 1.05));
  });
});
