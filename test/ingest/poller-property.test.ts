import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleeceError } from '../../src/errors.ts';
import { faultsOf, firstMinute, setUp, start } from './delivery.ts';
import { tickerNamed } from './tickers.ts';

const lookback = 5;
const minutes = 8;

/** Appears and changes from just after its minute to the end of its lookback, or never. */
const life = fc.option(
  fc.record({
    delay: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 1_000 }) },
      fc.integer({ min: 1_000, max: lookback * 60_000 }),
    ),
    revisions: fc.array(
      fc.tuple(fc.integer({ min: 1, max: lookback * 60_000 }), fc.integer({ min: 1, max: 500 })),
      { maxLength: 2 },
    ),
  }),
  { freq: 5 },
);

const fate = fc.oneof(
  { weight: 10, arbitrary: fc.constant('answer' as const) },
  fc.constant('server_error' as const),
  fc.constant('torn' as const),
);

const scenario = fc.integer({ min: 1, max: 7 }).chain((symbols) =>
  fc.record({
    lives: fc.array(fc.array(life, { minLength: minutes, maxLength: minutes }), {
      minLength: symbols,
      maxLength: symbols,
    }),
    fates: fc.array(fate, { minLength: 1, maxLength: 40 }),
    bad: fc.boolean(),
    outage: fc.option(fc.tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 12 }))),
    latencyMs: fc.constantFrom(0, 150, 3_000, 30_000, 80_000),
    pageSize: fc.constantFrom(3, 7, 10_000),
    batchSize: fc.integer({ min: 1, max: 8 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    requestsPerMinute: fc.constantFrom(1, 3, 100),
    reshapeAfter: fc.option(fc.integer({ min: 0, max: 600_000 })),
  }),
);

describe('Poller over any market', () => {
  it('delivers every bar exactly once, with its last values, in order, and never early', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const names = given.lives.map((_, at) => tickerNamed(at));
        const symbols = given.bad ? [...names, 'BAD-1'] : names;
        const { batchSize, concurrency } = given;
        const made = setUp({ symbols, minutes, batchSize, concurrency, lookback, settleMinutes: lookback });
        const { market, poller, shape, clock } = made;
        market.latencyMs = given.latencyMs;
        market.pageSize = given.pageSize;
        poller.reshape({ ...shape, requestsPerMinute: given.requestsPerMinute });
        for (const [at, lives] of given.lives.entries())
          for (const [minute, one] of lives.entries())
            if (one) {
              const later = one.revisions.map(([more, close]): [number, number] => [
                Math.min(one.delay + more, lookback * 60_000),
                close,
              ]);
              later.sort((x, y) => x[0] - y[0]);
              market.show(names[at] ?? '', firstMinute + minute, 1_000 + minute, one.delay, later);
            }
        let asked = 0;
        const [outageFrom, outageFor] = given.outage ?? [0, 0];
        market.fate = ({ symbols: list, at }) => {
          if (list.includes('BAD-1' as never))
            return new FleeceError('invalid_symbol', 'invalid symbol: BAD-1', { symbol: 'BAD-1' });
          const minute = (at - start) / 60_000;
          if (minute >= outageFrom && minute < outageFrom + outageFor) return 'server_error';
          // Failures end with the list, so that the last question can be answered.
          return given.fates[asked++] ?? 'answer';
        };
        if (given.reshapeAfter !== null)
          void clock
            .sleep(given.reshapeAfter)
            .then(() => poller.reshape({ ...shape, batchSize: 1 + (batchSize % 5), concurrency: 2 }));
        await made.run();
        expect(faultsOf(market, made.delivered, { symbols: names, minutes, lookback })).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
