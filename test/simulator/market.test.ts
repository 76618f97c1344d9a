import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMarket } from '../../src/simulator/market.ts';
import { knownSymbols } from '../../src/simulator/known-symbols.ts';
import { isStockSymbol } from '../../src/simulator/symbol-grammar.ts';
import { symbolList } from '../../src/simulator/symbol-list.ts';

const minuteOf = (iso: string) => Date.parse(iso) / 60_000;
const start = minuteOf('2026-01-14T14:30:00Z');
const forever = Date.parse('2027-01-01T00:00:00Z');

describe('a made-up market', () => {
  it('is the same for a seed, in whatever order it is read', () => {
    const one = createMarket({ symbols: 40, seed: 7, revised: 0.5, late: 0.1 });
    const other = createMarket({ symbols: 40, seed: 7, revised: 0.5, late: 0.1 });
    other.at('NVDA', start + 500, forever);
    const now = (start + 30) * 60_000 + 1_234;
    const read = (market: typeof one) => market.visible(market.symbols, start, start + 30, now);
    expect(read(other)).toEqual(read(one));
    expect(read(createMarket({ symbols: 40, seed: 8, revised: 0.5, late: 0.1 }))).not.toEqual(read(one));
  });

  it('holds only bars that could be real', () => {
    const market = createMarket({ symbols: 2_000, quiet: 0 });
    fc.assert(
      fc.property(
        fc.constantFrom(...market.symbols),
        fc.integer({ min: minuteOf('2016-01-04T05:00:00Z'), max: start }),
        (symbol, minute) => {
          const bar = market.at(symbol, minute, forever);
          expect(bar).toBeDefined();
          if (!bar) return;
          const { o, h, l, c, v, n, vw } = bar;
          expect(l).toBeGreaterThan(0);
          for (const price of [o, c, vw]) {
            expect(price).toBeGreaterThanOrEqual(l);
            expect(price).toBeLessThanOrEqual(h);
          }
          for (const price of [o, h, l, c]) expect(String(price)).toMatch(/^\d+(\.\d{1,4})?$/);
          expect(String(vw)).toMatch(/^\d+(\.\d{1,6})?$/);
          expect(Number.isInteger(v) && Number.isInteger(n)).toBe(true);
          expect(n).toBeGreaterThanOrEqual(1);
          expect(v).toBeGreaterThanOrEqual(n);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('opens every minute within a cent or 0.1 % of the close before', () => {
    const market = createMarket({ symbols: ['AAPL', 'SPY', 'KO'], quiet: 0 });
    for (const symbol of market.symbols) {
      for (let minute = start; minute < start + 390; minute++) {
        const before = market.at(symbol, minute - 1, forever);
        const bar = market.at(symbol, minute, forever);
        const step = Math.abs((bar?.o ?? 0) - (before?.c ?? 0));
        expect(step).toBeLessThanOrEqual(0.011 + 0.001 * (bar?.o ?? 0));
      }
    }
  });

  it('leaves out the share of minutes that it is told', () => {
    const market = createMarket({ symbols: 50, quiet: 0.2 });
    const share = market.visible(market.symbols, start, start + 389, forever).length / (50 * 390);
    expect(share).toBeGreaterThan(0.78);
    expect(share).toBeLessThan(0.82);
  });

  it('has busy names and thin ones when not told', () => {
    const market = createMarket({ symbols: 1_000 });
    const share = (symbol: string) => market.visible([symbol], start, start + 389, forever).length / 390;
    expect(share('AAPL')).toBeGreaterThan(0.9);
    const shares = market.symbols.map(share).sort((a, b) => a - b);
    expect(shares[0]).toBeLessThan(0.1);
    expect(shares[500]).toBeGreaterThan(0.5);
  });

  it('keeps regular hours, early closes included', () => {
    const market = createMarket({ symbols: ['AAPL'], quiet: 0, hours: 'regular' });
    const day = (from: string, to: string) => market.visible(['AAPL'], minuteOf(from), minuteOf(to), forever);
    const early = day('2025-11-28T05:00:00Z', '2025-11-29T04:59:00Z').map(({ bar }) => bar.minute);
    expect(early).toHaveLength(210);
    expect(early[0]).toBe(minuteOf('2025-11-28T14:30:00Z'));
    expect(day('2025-11-27T05:00:00Z', '2025-11-28T04:59:00Z')).toEqual([]);
    expect(day('2026-07-06T04:00:00Z', '2026-07-07T03:59:00Z')[0]?.bar.minute).toBe(
      minuteOf('2026-07-06T13:30:00Z'),
    );
  });

  it('keeps extended hours from 04:00 to 20:00', () => {
    const market = createMarket({ symbols: ['AAPL'], quiet: 0, hours: 'extended' });
    const day = market.visible(
      ['AAPL'],
      minuteOf('2026-01-14T05:00:00Z'),
      minuteOf('2026-01-15T04:59:00Z'),
      forever,
    );
    expect(day).toHaveLength(960);
    expect(day[0]?.bar.minute).toBe(minuteOf('2026-01-14T09:00:00Z'));
  });

  it('agrees with itself on where a bar can be: the candidate steps reach every bar', () => {
    const market = createMarket({ symbols: ['AAPL'], quiet: 0.3, hours: 'regular' });
    const [from, to] = [minuteOf('2026-01-15T00:00:00Z'), minuteOf('2026-01-21T00:00:00Z')];
    const reached = (first: number, step: 1 | -1) => {
      const found: number[] = [];
      let minute = market.candidate('AAPL', first, step);
      while (minute !== undefined && minute >= from && minute <= to) {
        if (market.at('AAPL', minute, forever)) found.push(minute);
        minute = market.candidate('AAPL', minute + step, step);
      }
      return found;
    };
    const all = market.visible(['AAPL'], from, to, forever).map(({ bar }) => bar.minute);
    expect(all.length).toBeGreaterThan(500);
    expect(reached(from, 1)).toEqual(all);
    expect(reached(to, -1)).toEqual(all.toReversed());
  });

  it('has on the consolidated feed all that one exchange has, and nearly every minute', () => {
    const market = createMarket({ symbols: 100, quiet: 0.3 });
    const one = market.visible(market.symbols, start, start + 99, forever);
    const all = market.visible(market.symbols, start, start + 99, forever, 'sip');
    expect(all.length).toBeGreaterThan(0.98 * 100 * 100);
    expect(one.length).toBeLessThan(0.75 * 100 * 100);
    for (const { symbol, bar } of one) {
      const whole = market.at(symbol, bar.minute, forever, 'sip');
      expect(whole?.v).toBeGreaterThan(bar.v);
      expect(whole?.n).toBeGreaterThan(bar.n);
      expect(whole?.h).toBeGreaterThanOrEqual(bar.h);
      expect(whole?.l).toBeLessThanOrEqual(bar.l);
    }
  });

  it('has no history before 2016', () => {
    const market = createMarket({ symbols: ['AAPL'], quiet: 0 });
    const first = minuteOf('2016-01-04T05:00:00Z');
    expect(market.candidate('AAPL', 0, 1)).toBe(first);
    expect(market.candidate('AAPL', first - 1, -1)).toBeUndefined();
    expect(market.at('AAPL', first, forever)).toBeDefined();
    expect(market.at('AAPL', first - 1, forever)).toBeUndefined();
  });

  it('trades crypto around the clock, with bars of no volume from quotes', () => {
    const market = createMarket({ symbols: 1, hours: 'regular' });
    const bars = market.visible(['BTC/USD'], start - 2_000, start - 1_001, forever).map(({ bar }) => bar);
    expect(bars).toHaveLength(1_000);
    expect(bars.some(({ v, n }) => v === 0 && n === 0)).toBe(true);
    expect(bars.some(({ v }) => v > 0 && !Number.isInteger(v))).toBe(true);
    for (const { o, h, l, c, vw } of bars) {
      expect(l <= Math.min(o, c, vw) && h >= Math.max(o, c, vw)).toBe(true);
    }
  });

  it.each([
    { quiet: 1.1 },
    { revised: -0.1 },
    { late: Number.NaN },
    { lateMinutes: 0 },
    { delayMs: [5, 1] as const },
  ])('refuses %o', (options) => {
    expect(() => createMarket(options)).toThrow(RangeError);
  });
});

describe('the list of symbols', () => {
  it('begins with well-known names and only grows at its end', () => {
    const small = symbolList(500);
    expect(small.slice(0, 3)).toEqual(['AAPL', 'MSFT', 'NVDA']);
    expect(symbolList(2_000).slice(0, 500)).toEqual(small);
  });

  it('holds 100,000 different symbols that the data endpoints accept', () => {
    const list = symbolList(100_000);
    expect(new Set(list).size).toBe(100_000);
    expect(list.filter((symbol) => !isStockSymbol(symbol))).toEqual([]);
    expect(list.some((symbol) => symbol.endsWith('.WS'))).toBe(true);
  });

  it('names every well-known symbol once', () => {
    expect(new Set(knownSymbols).size).toBe(knownSymbols.length);
  });
});
