import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readBody } from '../../src/gateway/http/route.ts';
import { Talk } from './support/talk.ts';
import { bar, minute, noon, revision, snapshot, startWorld, symbol, type World } from './support/world.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

let world: World;
afterEach(() => world.gateway.close());

const json = async (path: string) => {
  const answer = await fetch(world.url(path));
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

describe('/health and /ready', () => {
  it('say that the data is right, without keys', async () => {
    world = await startWorld();
    const { status, body } = await json('/ready');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ok',
      faults: [],
      lastSealed: '2026-01-14T15:27:00Z',
      secondsBehind: 60,
      feed: 'iex',
      budget: { used: 42, limit: 180 },
      clients: 0,
    });
    expect((await json('/health')).body).toMatchObject({ status: 'ok' });
  });

  it.each([
    [{ breaker: 'open' as const }, 'the circuit breaker is open: the service does not answer'],
    [{ store: { ...snapshot.store, failing: true } }, 'the store cannot be written'],
    [{ lastSealed: minute(40) }, 'the last complete minute is 18 minutes behind'],
    [{ lastSealed: undefined }, 'no minute is complete yet'],
  ])('tell of %j: /ready is a 503, /health stays a 200', async (change, fault) => {
    world = await startWorld();
    world.status = { ...snapshot, ...change };
    expect(await json('/ready')).toMatchObject({
      status: 503,
      body: { status: 'degraded', faults: [fault] },
    });
    expect(await json('/health')).toMatchObject({
      status: 200,
      body: { status: 'degraded', faults: [fault] },
    });
  });

  it('do not count minutes while the market is closed', async () => {
    world = await startWorld();
    world.status = { ...snapshot, lastSealed: undefined, sealDue: undefined };
    expect((await json('/ready')).status).toBe(200);
  });
});

describe('/metrics', () => {
  const values = async () => {
    const text = await (await fetch(world.url('/metrics'))).text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' ') + 1)),
      ]),
    );
  };

  it('count what went out, what was asked, and who listens', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'), { msgpack: true });
    await talk.subscribe({ bars: ['*'] });
    const first = bar('AAPL', 0);
    world.deliver(first, bar('MSFT', 0, { receivedAt: noon }));
    world.deliver(revision(first));
    world.bus.publish({
      type: 'gap',
      state: 'open',
      symbols: [symbol('AAPL')],
      from: minute(1),
      to: minute(2),
      reason: 'HTTP 500',
      at: noon,
    });
    await world.get('/v2/clock');
    const all = await values();
    expect(Object.fromEntries([...all].filter(([name]) => name.startsWith('fleece_')))).toMatchObject({
      'fleece_bars_total{feed="iex"}': 2,
      'fleece_revisions_total{feed="iex"}': 1,
      fleece_bar_lateness_seconds_count: 1,
      fleece_bar_lateness_seconds_sum: 1.5,
      fleece_gaps_total: 1,
      'fleece_requests_total{lane="live",status="200"}': 900,
      'fleece_requests_total{lane="live",status="429"}': 3,
      fleece_rate_limited_total: 3,
      'fleece_budget_used_requests{lane="live"}': 40,
      fleece_budget_limit_requests: 180,
      fleece_budget_tokens: 100,
      fleece_poll_duration_seconds: 4.2,
      fleece_seal_lag_seconds: 60,
      fleece_breaker_open: 0,
      'fleece_clients{encoding="msgpack"}': 1,
      'fleece_clients{encoding="json"}': 0,
      fleece_client_queue_bytes: 0,
      fleece_store_commits_total: 58,
      fleece_store_commit_seconds_total: 0.9,
      'fleece_http_requests_total{route="/v2/clock",status="200"}': 1,
      'fleece_info{feed="iex",mode="hybrid"}': 1,
    });
    expect((await values()).get('fleece_requests_total{lane="live",status="200"}')).toBe(900);
  });

  it('are what the dashboard and the alerts ask for, and no other', async () => {
    const registry = new Registry();
    world = await startWorld({ registry });
    const known = new Set((await registry.getMetricsAsJSON()).map(({ name }) => name));
    for (const file of ['docs/grafana-dashboard.json', 'docs/alerts.yml']) {
      const text = readFileSync(join(root, file), 'utf8');
      const asked = new Set(text.match(/\bfleece_[a-z_]+/g) ?? []);
      const missing = [...asked].filter((name) => !known.has(name.replace(/_(bucket|sum|count)$/, '')));
      expect(missing).toEqual([]);
      expect(asked.size).toBeGreaterThan(5);
    }
  });

  it('have an alert for a poll over 30 s', () => {
    const { groups } = parse(readFileSync(join(root, 'docs/alerts.yml'), 'utf8')) as {
      groups: { rules: { alert: string; expr: string }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.find(({ alert }) => alert === 'FleecePollSlow')?.expr).toBe(
      'fleece_poll_duration_seconds > 30',
    );
    expect(
      () => JSON.parse(readFileSync(join(root, 'docs/grafana-dashboard.json'), 'utf8')) as unknown,
    ).not.toThrow();
  });
});

describe('what others mount', () => {
  it('routes are answered behind the same checks, files from the folder and from nowhere else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleece-static-'));
    mkdirSync(join(folder, 'site'));
    writeFileSync(join(folder, 'site/index.html'), '<h1>page</h1>');
    writeFileSync(join(folder, 'site/app-3f9c2d1e.js'), 'let a;');
    writeFileSync(join(folder, 'secret.html'), 'secret');
    symlinkSync(join(folder, 'secret.html'), join(folder, 'site/link.html'));
    world = await startWorld({
      staticFolder: join(folder, 'site'),
      routes: [
        {
          method: 'POST',
          path: '/api/echo',
          handler: async (request, response) => {
            response.end(await readBody(request, 10));
          },
        },
      ],
    });
    const post = (body: string, headers: Record<string, string> = {}) =>
      fetch(world.url('/api/echo'), { method: 'POST', body, headers });
    expect(await (await post('hello')).text()).toBe('hello');
    expect((await post('hello world')).status).toBe(413);
    expect((await post('hello', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await fetch(world.url('/api/echo'))).status).toBe(405);
    const page = await fetch(world.url('/'));
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<h1>page</h1>',
    ]);
    expect((await fetch(world.url('/app-3f9c2d1e.js'))).headers.get('cache-control')).toContain('immutable');
    for (const path of [
      '/../secret.html',
      '/%2e%2e/secret.html',
      '/..%2fsecret.html',
      '/link.html',
      '/%00.html',
    ])
      expect((await fetch(world.url(path))).status).toBe(404);
    rmSync(folder, { recursive: true });
  });
});
