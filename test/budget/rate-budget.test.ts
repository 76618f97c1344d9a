import { describe, expect, it } from 'vitest';
import { type Permit, RateBudget } from '../../src/budget/rate-budget.ts';
import type { Lane } from '../../src/market/bar-source.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(requestsPerMinute: number) {
  const clock = new SteppedClock(1_000_000);
  return { clock, budget: new RateBudget({ clock, requestsPerMinute }) };
}

/** Take `count` permits, settled at once. */
async function use(budget: RateBudget, count: number, lane: Lane = 'live'): Promise<void> {
  for (let taken = 0; taken < count; taken++) (await budget.take(lane)).settle();
}

/** Ask for a permit and note when it came. */
function ask(budget: RateBudget, clock: SteppedClock, lane: Lane, log: [Lane, number][]): Promise<Permit> {
  return budget.take(lane).then((permit) => {
    log.push([lane, clock.now()]);
    return permit;
  });
}

describe('RateBudget', () => {
  it('grants a whole minute of requests at once, and not one more', async () => {
    const { budget, clock } = setUp(180);
    await use(budget, 180);
    expect(clock.now()).toBe(1_000_000);
    expect(budget.usage()).toMatchObject({ used: 180, tokens: 0, total: 180 });
    await use(budget, 1);
    expect(clock.now()).toBe(1_000_000 + 60_001);
  });

  it('counts a request until 60 s after its answer, not after its sending', async () => {
    const { budget, clock } = setUp(2);
    const slow = [await budget.take('live'), await budget.take('live')];
    await clock.sleep(200_000);
    const log: [Lane, number][] = [];
    const third = ask(budget, clock, 'live', log);
    await clock.sleep(100_000);
    expect(log).toEqual([]);
    for (const permit of slow) permit.settle();
    await third;
    expect(log).toEqual([['live', 1_300_000 + 60_001]]);
  });

  it('serves live before repair before backfill, whoever came first', async () => {
    const { budget, clock } = setUp(3);
    await use(budget, 3);
    const log: [Lane, number][] = [];
    const permits = (['backfill', 'repair', 'live'] as const).map((lane) => ask(budget, clock, lane, log));
    expect(budget.usage().waiting).toBe(3);
    for (const permit of permits) void permit.then((held) => held.settle());
    await Promise.all(permits);
    expect(log.map(([lane]) => lane)).toEqual(['live', 'repair', 'backfill']);
  });

  it('serves one lane in the order of asking', async () => {
    const { budget } = setUp(1);
    await use(budget, 1);
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2, 3].map(async (waiter) => {
        const permit = await budget.take('live');
        order.push(waiter);
        permit.settle();
      }),
    );
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('keeps the reserve for live: lower lanes stop before it, and live gets all of it at once', async () => {
    const { budget, clock } = setUp(10);
    budget.setReserve(6);
    const log: [Lane, number][] = [];
    const lower = Array.from({ length: 8 }, () => ask(budget, clock, 'backfill', log));
    for (const permit of lower) void permit.then((held) => held.settle());
    await settle();
    expect(log.length).toBe(4);
    const before = clock.now();
    await use(budget, 6);
    expect(clock.now()).toBe(before);
    await Promise.all(lower);
    expect(log.filter(([, at]) => at - 1_000_000 <= 60_000).length).toBe(4);
  });

  it('leaves lower lanes a tenth when the reserve would take everything', async () => {
    const { budget, clock } = setUp(10);
    budget.setReserve(1_000);
    await use(budget, 2, 'repair');
    expect(clock.now()).toBe(1_000_000 + 60_001);
  });

  it('pauses after a 429 only as long as one token takes', async () => {
    for (const [rate, tokenMs] of [
      [60, 1_000],
      [180, 334],
      [200, 300],
    ] as const) {
      const { budget, clock } = setUp(rate);
      (await budget.take('live')).settle({ refused: true });
      expect(budget.usage()).toMatchObject({ refused: 1, tokens: 0 });
      await use(budget, 1);
      expect(clock.now() - 1_000_000).toBeLessThanOrEqual(tokenMs);
      expect(clock.now() - 1_000_000).toBeGreaterThanOrEqual(tokenMs - 1);
    }
  });

  it('learns a lower rate from X-RateLimit-Limit, and never goes above the configured one', async () => {
    const { budget, clock } = setUp(180);
    (await budget.take('live')).settle({ limit: 50 });
    expect(budget.limit).toBe(50);
    await use(budget, 49);
    expect(clock.now()).toBe(1_000_000);
    await use(budget, 1);
    expect(clock.now()).toBe(1_000_000 + 60_001);
    (await budget.take('live')).settle({ limit: 10_000 });
    expect(budget.limit).toBe(180);
  });

  it('pays no heed to a limit of zero', async () => {
    const { budget } = setUp(180);
    (await budget.take('live')).settle({ limit: 0 });
    expect(budget.limit).toBe(180);
  });

  it('learns from X-RateLimit-Remaining what others spent of the key', async () => {
    const { budget, clock } = setUp(60);
    (await budget.take('live')).settle({ limit: 60, remaining: 2 });
    await use(budget, 2);
    expect(clock.now()).toBe(1_000_000);
    await use(budget, 1);
    expect(clock.now()).toBe(1_001_000);
  });

  it('takes requests that are under way off what the service says is left', async () => {
    const { budget } = setUp(60);
    const first = await budget.take('live');
    const later = [await budget.take('live'), await budget.take('live'), await budget.take('live')];
    first.settle({ remaining: 5 });
    expect(budget.usage().tokens).toBe(2);
    for (const permit of later) permit.settle();
  });

  it('never raises its own count because the service says that more is left', async () => {
    const { budget } = setUp(60);
    await use(budget, 50);
    (await budget.take('live')).settle({ remaining: 199 });
    expect(budget.usage().tokens).toBe(9);
  });

  it('gives a cancelled token back, and never more than it can hold', async () => {
    const { budget, clock } = setUp(3);
    await use(budget, 2);
    const unused = await budget.take('live');
    unused.cancel();
    unused.cancel();
    unused.settle({ refused: true });
    expect(budget.usage()).toMatchObject({ used: 2, total: 2, tokens: 1, refused: 0 });
    const held = await budget.take('live');
    await clock.sleep(120_000);
    held.cancel();
    expect(budget.usage()).toMatchObject({ used: 0, tokens: 3 });
  });

  it('counts a permit once however often it is settled', async () => {
    const { budget } = setUp(10);
    const permit = await budget.take('backfill');
    permit.settle({ refused: true });
    permit.settle({ refused: true });
    permit.cancel();
    expect(budget.usage()).toMatchObject({ used: 1, refused: 1, total: 1, byLane: { backfill: 1 } });
  });

  it('rejects a waiter whose signal fires, and serves those behind it', async () => {
    const { budget, clock } = setUp(1);
    await use(budget, 1);
    const stop = new AbortController();
    const aborted = budget.take('live', stop.signal);
    const log: [Lane, number][] = [];
    const behind = ask(budget, clock, 'live', log);
    stop.abort(new Error('not any more'));
    await expect(aborted).rejects.toThrow('not any more');
    expect(budget.usage().waiting).toBe(1);
    (await behind).settle();
    expect(log).toEqual([['live', 1_000_000 + 60_001]]);
    expect(budget.usage()).toMatchObject({ waiting: 0, total: 2 });
  });

  it('rejects at once when the signal has fired already, and takes no token', async () => {
    const { budget } = setUp(1);
    await expect(budget.take('live', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(budget.usage()).toMatchObject({ used: 0, tokens: 1, waiting: 0 });
  });

  it('is not disturbed by a signal that fires after the grant', async () => {
    const { budget } = setUp(2);
    const stop = new AbortController();
    const permit = await budget.take('live', stop.signal);
    const waiting = budget.take('live');
    stop.abort(new Error('late'));
    permit.settle();
    (await waiting).settle();
    expect(budget.usage().total).toBe(2);
  });

  it('serves waiters at once when the rate is raised', async () => {
    const { budget, clock } = setUp(1);
    await use(budget, 1);
    const waiting = budget.take('live');
    await settle();
    budget.setRequestsPerMinute(60);
    (await waiting).settle();
    expect(clock.now() - 1_000_000).toBeLessThanOrEqual(1_000);
  });

  it('lowers what it grants when the rate is lowered', async () => {
    const { budget, clock } = setUp(100);
    budget.setRequestsPerMinute(5);
    await use(budget, 6);
    expect(clock.now()).toBe(1_000_000 + 60_001);
  });
});
