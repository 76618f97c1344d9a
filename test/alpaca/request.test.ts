import { describe, expect, it } from 'vitest';
import { requestJson } from '../../src/alpaca/request.ts';
import { FleeceError } from '../../src/errors.ts';
import { credentials, json, type Reply, setUp } from './fake-transport.ts';

const network = new FleeceError('network', 'reset', { retryable: true });
const ask = (made: ReturnType<typeof setUp>, signal?: AbortSignal) =>
  requestJson(made.host, '/v2/x?y=1', 'live', signal);

describe('requestJson', () => {
  it('asks once, with the keys in its headers and nowhere else, and gives the parsed body', async () => {
    const made = setUp([json({ ok: [1, 2] })]);
    const answer = await ask(made);
    expect(answer).toEqual({
      body: { ok: [1, 2] },
      sentAt: made.gets[0]?.at,
      receivedAt: (made.gets[0]?.at ?? 0) + 100,
    });
    expect(made.gets.map((get) => get.url)).toEqual(['https://data.example/v2/x?y=1']);
    expect(made.gets[0]?.headers).toEqual({
      'apca-api-key-id': credentials.keyId,
      'apca-api-secret-key': credentials.secretKey,
      accept: 'application/json',
    });
    expect(JSON.stringify(made.reports)).not.toContain(credentials.keyId);
  });

  it.each<[string, Reply, string]>([
    ['a 200', json({}), ''],
    ['a 200 that is not whole JSON', { status: 200, body: '{"bars":{"AAP' }, 'bad_response'],
    ['a 200 of HTML', { status: 200, body: '<html></html>' }, 'bad_response'],
    ['an empty 200', { status: 200, body: '' }, 'bad_response'],
    ['a 400', { status: 400, body: '{"message":"no"}' }, 'bad_request'],
    ['a 401', { status: 401, body: '<html>' }, 'unauthorized'],
    ['a 429', { status: 429, body: '{"message": "too many requests."}' }, 'rate_limited'],
    ['a 500', { status: 500, body: '' }, 'server_error'],
    ['a reset', network, 'network'],
    ['a bug in the transport', new TypeError('oops'), 'TypeError'],
  ])('takes exactly one token for %s, and settles it', async (_, reply, code) => {
    const made = setUp([reply]);
    const outcome = await ask(made).then(
      () => '',
      (error: unknown) => (error instanceof FleeceError ? error.code : (error as Error).name),
    );
    expect(outcome).toBe(code);
    expect(made.gets.length).toBe(1);
    expect(made.budget.usage()).toMatchObject({ total: 1, used: 1, waiting: 0 });
    expect(made.reports.length).toBe(1);
    // Settled: it stops counting a minute after its answer.
    await made.clock.sleep(60_001);
    expect(made.budget.usage().used).toBe(0);
  });

  it('reports lane, status, duration and the clock of the service', async () => {
    const made = setUp([
      { status: 500, headers: { date: 'Wed, 14 Jan 2026 15:00:03 GMT' }, body: '' },
      network,
    ]);
    await ask(made).catch(() => undefined);
    await ask(made).catch(() => undefined);
    expect(made.reports).toEqual([
      {
        lane: 'live',
        status: 500,
        sentAt: made.gets[0]?.at,
        durationMs: 100,
        serverTime: Date.parse('2026-01-14T15:00:03Z'),
      },
      { lane: 'live', status: 0, sentAt: made.gets[1]?.at, durationMs: 100, serverTime: undefined },
    ]);
  });

  it('tells the budget what X-RateLimit-* say, and takes nonsense in them for absent', async () => {
    const headers = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '7' };
    const made = setUp([
      { headers },
      { headers: { 'x-ratelimit-limit': '1e9', 'x-ratelimit-remaining': '-3' } },
    ]);
    await ask(made);
    expect(made.budget.usage()).toMatchObject({ limit: 100, tokens: 7 });
    await ask(made);
    expect(made.budget.usage().limit).toBe(100);
    expect(made.budget.usage().tokens).toBeGreaterThan(6);
  });

  it('counts a 429, and the next request waits for one token only', async () => {
    const made = setUp([{ status: 429, body: '' }, json({})], { rpm: 60 });
    await ask(made).catch(() => undefined);
    await ask(made);
    expect(made.budget.usage().refused).toBe(1);
    expect((made.gets[1]?.at ?? 0) - (made.gets[0]?.at ?? 0)).toBeLessThanOrEqual(1_101);
  });

  it('sends nothing and keeps its token while the host rests', async () => {
    const made = setUp([network], { threshold: 2 });
    await ask(made).catch(() => undefined);
    await ask(made).catch(() => undefined);
    await expect(ask(made)).rejects.toMatchObject({
      code: 'circuit_open',
      retryable: true,
      retryAfterMs: 5_000,
    });
    expect(made.gets.length).toBe(2);
    expect(made.budget.usage().total).toBe(2);
  });

  it('takes a host that answers for a healthy one, also when it refuses', async () => {
    for (const status of [400, 401, 403, 429]) {
      const made = setUp([network, { status, body: '' }, network], { threshold: 2 });
      for (let attempt = 0; attempt < 3; attempt++) await ask(made).catch(() => undefined);
      expect(made.breaker.state).toBe('closed');
    }
  });

  it('counts failures of the service, torn bodies among them, towards the rest', async () => {
    for (const reply of [network, { status: 503, body: '' }, { status: 200, body: '{"ba' }] as const) {
      const made = setUp([reply], { threshold: 2 });
      for (let attempt = 0; attempt < 2; attempt++) await ask(made).catch(() => undefined);
      expect(made.breaker.state).toBe('open');
    }
  });

  it('rejects with the reason of its signal, before and during the request, and blames nobody', async () => {
    const made = setUp([json({})], { threshold: 1 });
    await expect(ask(made, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(made.gets.length).toBe(0);
    const stop = new AbortController();
    const asking = ask(made, stop.signal);
    void made.clock.sleep(50).then(() => stop.abort(new Error('stopped later')));
    await expect(asking).rejects.toThrow('stopped later');
    expect(made.breaker.state).toBe('closed');
    expect(made.budget.usage()).toMatchObject({ total: 1, waiting: 0 });
  });
});
