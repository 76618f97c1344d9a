import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateBudget } from '../../src/budget/rate-budget.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';

const windowMs = 60_000;

/** A delay on the wire: mostly short, sometimes over a minute. */
const delay = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 10_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 150_000 }) },
);

const request = fc.record({
  askedAfter: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200_000 })),
  lane: fc.constantFrom('live' as const, 'repair' as const, 'backfill' as const),
  up: delay,
  down: delay,
  outcome: fc.constantFrom('answer', 'answer', 'answer', 'refused', 'cancel', 'remaining', 'abort'),
  remaining: fc.integer({ min: 0, max: 12 }),
});

type Request = typeof request extends fc.Arbitrary<infer R> ? R : never;

interface Seen {
  readonly arrivals: number[];
  readonly tokens: number[];
  done: number;
}

async function send(budget: RateBudget, clock: SteppedClock, one: Request, seen: Seen): Promise<void> {
  await clock.sleep(one.askedAfter);
  const stop = new AbortController();
  if (one.outcome === 'abort') void clock.sleep(one.up).then(() => stop.abort(new Error('given up')));
  const permit = await budget.take(one.lane, stop.signal).catch(() => undefined);
  seen.tokens.push(budget.usage().tokens);
  if (!permit) {
    seen.done += 1;
    return;
  }
  if (one.outcome === 'cancel') {
    permit.cancel();
  } else {
    await clock.sleep(one.up);
    seen.arrivals.push(clock.now());
    await clock.sleep(one.down);
    permit.settle(
      one.outcome === 'refused'
        ? { refused: true }
        : one.outcome === 'remaining'
          ? { remaining: one.remaining }
          : {},
    );
  }
  seen.tokens.push(budget.usage().tokens);
  seen.done += 1;
}

describe('what the server sees of a rate budget', () => {
  it('never holds more than the limit in any 60 s of its own clock, however the network delays', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 12 }),
        fc.array(request, { minLength: 1, maxLength: 50 }),
        async (limit, reserve, requests) => {
          const clock = new SteppedClock(1_000_000);
          const budget = new RateBudget({ clock, requestsPerMinute: limit });
          budget.setReserve(reserve);
          const seen: Seen = { arrivals: [], tokens: [], done: 0 };
          await Promise.all(requests.map((one) => send(budget, clock, one, seen)));
          const arrivals = seen.arrivals.toSorted((a, b) => a - b);
          for (const [at, arrival] of arrivals.entries()) {
            const overflow = arrivals[at + limit];
            if (overflow !== undefined) expect(overflow - arrival).toBeGreaterThan(windowMs);
          }
          expect(Math.min(...seen.tokens)).toBeGreaterThanOrEqual(0);
          expect(Math.max(...seen.tokens)).toBeLessThanOrEqual(limit);
          expect(seen.done).toBe(requests.length);
          expect(budget.usage().waiting).toBe(0);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('never empties a bucket of 200 with 3.33 tokens a second when it sends 180 a minute', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(delay, { minLength: 1, maxLength: 40 }), async (delays) => {
        const clock = new SteppedClock(1_000_000);
        const budget = new RateBudget({ clock, requestsPerMinute: 180 });
        const arrivals: number[] = [];
        await Promise.all(
          Array.from({ length: 420 }, async (_, at) => {
            const permit = await budget.take('live');
            await clock.sleep(delays[at % delays.length] ?? 0);
            arrivals.push(clock.now());
            permit.settle();
          }),
        );
        let tokens = 200;
        let last = 1_000_000;
        for (const arrival of arrivals) {
          tokens = Math.min(200, tokens + ((arrival - last) * 200) / windowMs) - 1;
          last = arrival;
          expect(tokens).toBeGreaterThanOrEqual(0);
        }
        expect(arrivals.length).toBe(420);
      }),
      { numRuns: 10 },
    );
  });
});
