import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrix } from '../../src/plan/matrix.ts';
import { modes } from '../../src/plan/modes.ts';
import { pack } from '../../src/plan/pack.ts';
import { makePlan, maxListBytes, maxUrlBytes, type PlanInput } from '../../src/plan/plan.ts';
import { parseSymbols } from '../../src/universe/symbol-list.ts';

const names = (count: number, length = 4) =>
  Array.from({ length: count }, (_, at) => at.toString(26).toUpperCase().padStart(length, 'A'));

const plan = (count: number, more: Partial<PlanInput> = {}) =>
  makePlan({ symbols: names(count), mode: 'hybrid', requestsPerMinute: 180, ...more });

describe('makePlan', () => {
  it.each([
    [31, 10, 2, 4],
    [100, 25, 4, 4],
    [200, 25, 4, 8],
    [500, 50, 4, 10],
    [1_000, 50, 4, 20],
  ])(
    'plans %i symbols as the matrix says: batches of %i, %i in flight, %i requests',
    (count, batchSize, concurrency, batches) => {
      expect(plan(count)).toMatchObject({
        symbols: count,
        batchSize,
        concurrency,
        batches,
        requestsPerCycle: batches,
        requestsPerMinute: batches,
        cadenceMinutes: 1,
        fits: true,
        warnings: [],
      });
    },
  );

  it('holds the whole matrix', () => {
    expect(matrix.map((row) => [row.symbols, row.batchSize, row.concurrency])).toEqual([
      [31, 10, 2],
      [100, 25, 4],
      [200, 25, 4],
      [500, 50, 4],
      [1_000, 50, 4],
    ]);
  });

  it.each([
    [31, 1, 31],
    [31, 10, 4],
    [100, 10, 10],
    [100, 25, 4],
    [200, 25, 8],
    [500, 50, 10],
    [1_000, 50, 20],
    [2_000, 100, 20],
  ])('asks about %i symbols by %i in %i requests', (count, batchSize, batches) => {
    expect(plan(count, { batchSize }).batches).toBe(batches);
  });

  it('needs at most 8 requests for 200 symbols by 25, and at most 20 for 500', () => {
    expect(plan(200, { batchSize: 25 }).requestsPerCycle).toBeLessThanOrEqual(8);
    expect(plan(500).requestsPerCycle).toBeLessThanOrEqual(20);
  });

  it.each([
    ['sequential', 1, 1],
    ['concurrent', 1, 10],
    ['batch', 25, 1],
    ['hybrid', 10, 2],
  ] as const)('shapes mode %s as %i symbols a request and %i in flight', (mode, batchSize, concurrency) => {
    expect(plan(31, { mode })).toMatchObject({ mode, batchSize, concurrency });
  });

  it('lets an explicit batch size and number in flight overrule the mode', () => {
    expect(plan(31, { mode: 'sequential', batchSize: 7, concurrency: 5 })).toMatchObject({
      batchSize: 7,
      concurrency: 5,
      batches: 5,
    });
    expect(plan(500, { mode: 'sequential', batchSize: 'auto' }).batchSize).toBe(50);
  });

  it('chooses the next larger automatic batch when the budget is too small for the one of the matrix', () => {
    expect(plan(31, { requestsPerMinute: 3 }).batchSize).toBe(25);
    expect(plan(31, { requestsPerMinute: 1 }).batchSize).toBe(50);
    expect(plan(1_000, { requestsPerMinute: 15 }).batchSize).toBe(100);
    expect(plan(1_001).batchSize).toBe(100);
    expect(plan(100_000).batchSize).toBe(100);
  });

  it('says the cadence that a universe beyond the budget can have, and what to change', () => {
    const big = plan(31, { mode: 'concurrent', requestsPerMinute: 10 });
    expect(big).toMatchObject({ fits: false, batches: 31, cadenceMinutes: 4, requestsPerMinute: 8 });
    expect(big.requestsPerMinute).toBeLessThanOrEqual(big.budgetPerMinute);
    expect(big.warnings[0]).toMatch(/31 symbols in 31 requests do not fit into a minute/);
    expect(big.warnings[0]).toMatch(/every 4 minutes, and no bar is lost/);
    expect(big.warnings[0]).toMatch(/--batch-size 10/);
    expect(big.warnings[0]).toMatch(/--rpm 31/);
  });

  it('does not fit when one request after another takes longer than a minute', () => {
    const slow = plan(170, { mode: 'sequential', roundTripMs: 1_000 });
    expect(slow).toMatchObject({ fits: false, cadenceMinutes: 3, secondsPerCycle: 170 });
    expect(slow.warnings[0]).toMatch(/--concurrency 4/);
  });

  it('warns above 100 symbols a request, not at 100', () => {
    expect(plan(2_000, { batchSize: 100 }).warnings).toEqual([]);
    expect(plan(2_000, { batchSize: 101 }).warnings.join()).toMatch(/batches of 101 are above 100/);
    expect(plan(2_000, { batchSize: 1_000 }).warnings.join()).toMatch(/above 100/);
  });

  it('warns when the first pass leaves little for retries', () => {
    expect(plan(170, { batchSize: 1, concurrency: 10 }).warnings.join()).toMatch(/94 % of the budget/);
    expect(plan(160, { batchSize: 1, concurrency: 10 }).warnings).toEqual([]);
  });

  it('plans fewer symbols a request when the URL would be too long, and says so', () => {
    const long = makePlan({
      symbols: names(1_000, 20),
      mode: 'hybrid',
      batchSize: 1_000,
      requestsPerMinute: 180,
    });
    expect(long.batches).toBe(Math.ceil(1_000 / Math.floor((maxListBytes + 1) / 21)));
    expect(long.warnings.join()).toMatch(/3 requests instead of 1, since a URL may have 8000 bytes/);
  });

  it('counts crypto pairs apart, since they have an endpoint of their own', () => {
    const symbols = [...names(9), 'BTC/USD'];
    expect(makePlan({ symbols, mode: 'hybrid', requestsPerMinute: 180 }).batches).toBe(2);
  });

  it('estimates the seconds of a pass from the round trip', () => {
    expect(plan(500, { roundTripMs: 200 }).secondsPerCycle).toBeCloseTo(0.6);
    expect(plan(500, { roundTripMs: 200, concurrency: 1 }).secondsPerCycle).toBeCloseTo(2);
  });

  it('never plans more than the budget a minute, both passes together, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3_000 }),
        fc.constantFrom(...modes),
        fc.option(fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 1_000 })), {
          nil: undefined,
        }),
        fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        (count, mode, batchSize, concurrency, requestsPerMinute, roundTripMs) => {
          const made = plan(count, { mode, batchSize, concurrency, requestsPerMinute, roundTripMs });
          expect(made.requestsPerMinute + made.secondPassRequests).toBeLessThanOrEqual(requestsPerMinute);
          expect(made.requestsPerMinute * made.cadenceMinutes).toBeGreaterThanOrEqual(made.batches);
          expect(made.fits).toBe(made.cadenceMinutes === 1);
          expect(made.budgetShare).toBeLessThanOrEqual(1);
          if (!made.fits) expect(made.warnings.length).toBeGreaterThan(0);
          if (batchSize === 'auto' || (batchSize === undefined && mode === 'hybrid'))
            expect([10, 25, 50, 100]).toContain(made.batchSize);
        },
      ),
      { numRuns: 200 },
    );
  });
});

const realUniverse = fileURLToPath(
  new URL('../../../shared/data/universe/alpaca-active-2025-07-07.csv.gz', import.meta.url),
);

describe('all real symbols', () => {
  it.skipIf(!existsSync(realUniverse))(
    'fit into 180 requests a minute, and no URL is over 8,000 bytes (needs shared/data/universe)',
    () => {
      const text = gunzipSync(readFileSync(realUniverse)).toString('utf8');
      const { symbols } = parseSymbols(text, 'alpaca-active.csv');
      expect(symbols.length).toBe(11_635);
      const made = makePlan({ symbols, mode: 'hybrid', requestsPerMinute: 180 });
      expect(made).toMatchObject({ fits: true, batchSize: 100, cadenceMinutes: 1 });
      expect(made.batches).toBeLessThanOrEqual(180);
      const whole = pack(symbols, { maxSymbols: 1_000, maxBytes: maxListBytes });
      const window =
        'timeframe=1Min&start=2026-01-14T14:30:00Z&end=2026-01-14T14:30:00Z&limit=10000&sort=asc';
      for (const batch of whole) {
        const url = `https://data.alpaca.markets/v2/stocks/bars?symbols=${batch.map(encodeURIComponent).join(',')}&${window}&adjustment=raw&feed=iex&page_token=${'x'.repeat(90)}`;
        expect(Buffer.byteLength(url)).toBeLessThanOrEqual(maxUrlBytes);
      }
    },
  );
});
