import { describe, expect, it } from 'vitest';
import { converse, keys } from './conversation.ts';

const latest = '/v2/stocks/bars/latest?symbols=AAPL';

describe('the allowance of a key', () => {
  it('is 200 at once, then one every 0.3 s', () => {
    const simulator = converse({ symbols: 5 });
    const statuses = Array.from({ length: 320 }, () => simulator.ask(latest).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(200);
    simulator.clock.time += 299;
    expect(simulator.ask(latest).status).toBe(429);
    simulator.clock.time += 1;
    expect(simulator.ask(latest).status).toBe(200);
    simulator.clock.time += 10_200;
    const after = Array.from({ length: 42 }, () => simulator.ask(latest).status);
    expect(after.filter((status) => status === 200)).toHaveLength(34);
  });

  it('is told with every answer but the refusal', () => {
    const simulator = converse({ symbols: 5 }, { rateLimit: 2 });
    const now = simulator.clock.time / 1_000;
    expect(simulator.ask(latest).headers).toMatchObject({
      'X-RateLimit-Limit': '2',
      'X-RateLimit-Remaining': '1',
      'X-RateLimit-Reset': String(now + 30),
    });
    expect(simulator.ask('/v2/stocks/bars?symbols=AAPL').headers['X-RateLimit-Remaining']).toBe('0');
    const refused = simulator.ask(latest);
    expect(refused.text).toBe('{"message": "too many requests."}');
    expect(Object.keys(refused.headers).filter((name) => /ratelimit|retry/i.test(name))).toEqual([]);
  });

  it('counts requests, not symbols', () => {
    const simulator = converse({ symbols: 500 }, { rateLimit: 1 });
    const all = simulator.market.symbols.join(',');
    expect(simulator.ask(`/v2/stocks/bars?timeframe=1Min&feed=iex&symbols=${all}`).status).toBe(200);
  });

  it('is one for all data, and another for trading', () => {
    const simulator = converse({ symbols: 5 }, { rateLimit: 1 });
    simulator.ask('/v2/stocks/snapshots?symbols=AAPL');
    expect(simulator.ask(latest).status).toBe(429);
    expect(simulator.ask('/v2/clock').status).toBe(200);
    expect(simulator.ask('/v2/calendar?start=2026-01-01&end=2026-01-31').status).toBe(429);
  });

  it('is one for each key', () => {
    const simulator = converse({ symbols: 5 }, { rateLimit: 1 });
    simulator.ask(latest);
    expect(simulator.ask(latest).status).toBe(429);
    expect(simulator.ask(latest, { ...keys, 'apca-api-key-id': 'other' }).status).toBe(200);
  });

  it('is not spent by a request without keys', () => {
    const simulator = converse({ symbols: 5 }, { rateLimit: 1 });
    simulator.ask(latest, {});
    expect(simulator.ask(latest).status).toBe(200);
  });

  it('can be lifted', () => {
    const simulator = converse({ symbols: 5 }, { rateLimit: 'off' });
    const statuses = new Set(Array.from({ length: 1_000 }, () => simulator.ask(latest).status));
    expect([...statuses]).toEqual([200]);
  });
});

describe('the log of requests', () => {
  it('knows the most in any 60 s, wherever they begin', () => {
    const simulator = converse({ symbols: 5 }, { rateLimit: 'off' });
    const burst = (count: number) => Array.from({ length: count }, () => simulator.ask(latest));
    burst(30);
    simulator.clock.time += 50_000;
    burst(40);
    simulator.clock.time += 9_999;
    burst(5);
    simulator.clock.time += 1;
    burst(1);
    simulator.ask('/v2/clock');
    expect(simulator.handler.log.mostPerMinute()).toBe(75);
    expect(simulator.handler.log.mostPerMinute('trading')).toBe(1);
    expect(simulator.handler.log.total).toBe(77);
  });

  it('counts by status and keeps the last requests', () => {
    const simulator = converse({ symbols: 5 }, { keepRequests: 2 });
    simulator.ask('/v2/clock');
    simulator.ask('/nowhere');
    simulator.ask(latest);
    const { log } = simulator.handler;
    expect([log.count(200), log.count(404), log.count(500)]).toEqual([2, 1, 0]);
    expect(log.last.map(({ url, status, group }) => [url, status, group])).toEqual([
      ['/nowhere', 404, 'data'],
      [latest, 200, 'data'],
    ]);
  });
});
