import { describe, expect, it } from 'vitest';
import { createMarket, type Market } from '../../src/simulator/market.ts';
import { converse, type WirePage } from './conversation.ts';

const from = Date.parse('2026-01-14T15:00:00Z') / 60_000;
const minutes = 200;

function lives(market: Market) {
  return market.symbols.flatMap((symbol) =>
    Array.from({ length: minutes }, (_, index) => {
      const life = market.publication(symbol, from + index);
      return life ? [{ symbol, minute: from + index, close: (from + index + 1) * 60_000, ...life }] : [];
    }).flat(),
  );
}

describe('when a bar becomes visible', () => {
  it('is after its close, within the usual delay', () => {
    const market = createMarket({ symbols: 20, delayMs: [200, 900] });
    const waits = lives(market).map(({ visibleAt, close }) => visibleAt - close);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(200);
    expect(Math.max(...waits)).toBeLessThanOrEqual(900);
  });

  it('is exactly then: not a millisecond before, and from then on', () => {
    const market = createMarket({ symbols: 20, late: 0.2, revised: 0.2 });
    for (const { symbol, minute, visibleAt, first } of lives(market)) {
      expect(market.at(symbol, minute, visibleAt - 1)).toBeUndefined();
      expect(market.at(symbol, minute, visibleAt)).toEqual(first);
    }
  });

  it('is late for the share that is told, and never later than told', () => {
    const all = lives(createMarket({ symbols: 50, quiet: 0, late: 0.1, lateMinutes: 2 }));
    const late = all.filter((life) => life.late);
    expect(late.length / all.length).toBeGreaterThan(0.09);
    expect(late.length / all.length).toBeLessThan(0.11);
    for (const { visibleAt, close } of late) {
      expect(visibleAt - close).toBeGreaterThan(3_000);
      expect(visibleAt - close).toBeLessThanOrEqual(120_000);
    }
  });
});

describe('a revised bar', () => {
  const market = createMarket({ symbols: 50, quiet: 0, revised: 0.2, late: 0.05 });
  const revised = lives(market).filter(({ finalAt, visibleAt }) => finalAt > visibleAt);

  it('is as frequent as told', () => {
    expect(revised.length / (50 * minutes)).toBeGreaterThan(0.18);
    expect(revised.length / (50 * minutes)).toBeLessThan(0.22);
  });

  it('changes in place about 30 s after its close, or after it was seen when it was late', () => {
    for (const { symbol, minute, close, visibleAt, late, finalAt, first, final } of revised) {
      const wait = finalAt - (late ? visibleAt : close);
      expect(wait).toBeGreaterThanOrEqual(30_000);
      expect(wait).toBeLessThanOrEqual(31_000);
      expect(market.at(symbol, minute, finalAt - 1)).toEqual(first);
      expect(market.at(symbol, minute, finalAt)).toEqual(final);
      expect(first).not.toEqual(final);
    }
  });

  it('is a possible bar before and after', () => {
    for (const { first } of revised) {
      expect(first.l <= Math.min(first.o, first.c, first.vw)).toBe(true);
      expect(first.h >= Math.max(first.o, first.c, first.vw)).toBe(true);
      expect(first.n >= 1 && first.v >= 1).toBe(true);
    }
  });

  it('changes its close in about a third of the cases', () => {
    const closes = revised.filter(({ first, final }) => first.c !== final.c).length / revised.length;
    expect(closes).toBeGreaterThan(0.15);
    expect(closes).toBeLessThan(0.5);
  });
});

describe('over REST', () => {
  const url = '/v2/stocks/bars?symbols=AAPL&timeframe=1Min&feed=iex&start=2026-01-14T15:00:00Z';
  const bars = (page: unknown) => (page as WirePage).bars?.['AAPL'] ?? [];

  it('never shows the minute that is still forming', () => {
    const simulator = converse({ symbols: 1, quiet: 0, delayMs: [0, 0] }, {}, (from + 1) * 60_000 - 1);
    expect(bars(simulator.json(url))).toEqual([]);
    simulator.clock.time += 1;
    expect(bars(simulator.json(url)).map(({ t }) => t)).toEqual(['2026-01-14T15:00:00Z']);
  });

  it('shows the correction in place, without a mark', () => {
    const simulator = converse({ symbols: 1, quiet: 0, revised: 1 }, {}, (from + 1) * 60_000 + 5_000);
    const [before] = bars(simulator.json(url));
    simulator.clock.time += 27_000;
    const [after] = bars(simulator.json(url));
    expect(after?.t).toBe(before?.t);
    expect(after).not.toEqual(before);
    expect(Object.keys(after ?? {})).toEqual(Object.keys(before ?? {}));
  });

  it('folds longer bars of what is visible, the one in progress included', () => {
    const simulator = converse({ symbols: 1, quiet: 0, delayMs: [0, 0] }, {}, (from + 3) * 60_000);
    const one = bars(simulator.json(url));
    const [five, ...more] = bars(simulator.json(url.replace('1Min', '5Min')));
    expect(one).toHaveLength(3);
    expect(more).toEqual([]);
    expect(five).toMatchObject({
      t: '2026-01-14T15:00:00Z',
      o: one[0]?.o,
      c: one[2]?.c,
      h: Math.max(...one.map(({ h }) => h)),
      l: Math.min(...one.map(({ l }) => l)),
      v: one.reduce((sum, { v }) => sum + v, 0),
      n: one.reduce((sum, { n }) => sum + n, 0),
    });
  });
});
