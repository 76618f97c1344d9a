import { request } from 'node:http';
import { assert, asyncProperty, constantFrom, integer } from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { closeOf } from '../../src/time/minute.ts';
import { faultsBy, hasOpenApi, recordedBody } from './support/openapi.ts';
import { bar, minute, revision, startWorld, type World } from './support/world.ts';

let world: World;
afterEach(() => world.gateway.close());

interface BarsBody {
  readonly bars: Record<string, { readonly t: string; readonly c: number }[]>;
  readonly next_page_token: string | null;
}

const window = 'timeframe=1Min&start=2026-01-14T14:30:00Z&end=2026-01-14T15:00:00Z';
const body = async (path: string) => (await world.get(path)).json();
const message = async (path: string) => {
  const answer = await world.get(path);
  return [answer.status, ((await answer.json()) as { message: string }).message];
};

function fill(): void {
  for (const name of ['AAPL', 'BRK.B', 'MSFT']) {
    for (let count = 0; count < 20; count++) world.history.add(bar(name, count));
  }
  world.history.add(bar('AAPL', -24 * 60), bar('BTC/USD', 3, { feed: 'crypto', v: 0.5 }));
  world.history.add(revision(bar('AAPL', 19)));
}

describe.skipIf(!hasOpenApi)('answers validate against the official OpenAPI documents', () => {
  it.each([
    ['market-data-api', 'stock_bars_resp', `/v2/stocks/bars?symbols=AAPL,MSFT,BRK.B&${window}`],
    ['market-data-api', 'stock_bars_resp', `/v2/stocks/bars?symbols=AAPL,MSFT&limit=3&${window}`],
    ['market-data-api', 'stock_bars_resp', '/v2/stocks/bars?symbols=AAPL&timeframe=1Day&start=2026-01-01'],
    ['market-data-api', 'stock_bars_resp_single', `/v2/stocks/AAPL/bars?limit=2&${window}`],
    ['market-data-api', 'stock_latest_bars_resp', '/v2/stocks/bars/latest?symbols=AAPL,MSFT,NONE'],
    ['market-data-api', 'stock_latest_bars_resp_single', '/v2/stocks/BRK.B/bars/latest'],
    ['market-data-api', 'stock_snapshots_resp', '/v2/stocks/snapshots?symbols=AAPL,MSFT,NONE'],
    ['market-data-api', 'stock_snapshots_resp_single', '/v2/stocks/AAPL/snapshot'],
    ['market-data-api', 'crypto_bars_resp', `/v1beta3/crypto/us/bars?symbols=BTC/USD&${window}`],
    ['market-data-api', 'crypto_latest_bars_resp', '/v1beta3/crypto/us/latest/bars?symbols=BTC/USD'],
    ['trading-api', 'legacy_clock', '/v2/clock'],
    ['trading-api', 'legacy_public_calendar_resp', '/v2/calendar?start=2026-01-14&end=2026-01-15'],
  ] as const)('%s %s: %s', async (document, schema, path) => {
    world = await startWorld();
    fill();
    const answer = await body(path);
    expect(faultsBy(document, schema, answer)).toEqual([]);
    expect(JSON.stringify(answer)).toMatch(/"(c|is_open|date)":/);
  });

  it.each([
    [`/v2/stocks/bars?${window}`, 'error-400-missing-symbols.json'],
    [`/v2/stocks/bars?symbols=AAPL&timeframe=3Fortnight`, 'error-400-bad-timeframe.json'],
    [`/v2/stocks/bars?symbols=AAPL&timeframe=1Min&start=not-a-date`, 'error-400-malformed-date.json'],
    [
      '/v2/stocks/bars?symbols=AAPL&timeframe=1Min&start=2026-01-14T15:00:00Z&end=2026-01-14T14:00:00Z',
      'error-400-end-before-start.json',
    ],
    [
      '/v2/stocks/bars?symbols=AAPL&timeframe=1Min&feed=sip&start=2026-01-14T15:00:00Z&end=2026-01-14T15:29:00Z',
      'error-403-recent-window.json',
    ],
    [`/v2/stocks/bars?symbols=ZZZQ&${window}`, 'empty-200-unknown-symbol.json'],
  ])('%s is answered as the real service was recorded to', async (path, name) => {
    world = await startWorld();
    const answer = await world.get(path);
    expect(await answer.json()).toEqual(recordedBody(`thesmaw-marketpulse/rest/${name}`));
    expect(answer.status).toBe(Number(/\d{3}/.exec(name)?.[0]));
  });
});

describe('bars', () => {
  it('come by symbol and then by time, in the order of keys that Alpaca has', async () => {
    world = await startWorld();
    fill();
    const answer = (await body(`/v2/stocks/bars?symbols=MSFT,AAPL&${window}`)) as BarsBody;
    expect(Object.keys(answer.bars)).toEqual(['AAPL', 'MSFT']);
    expect(Object.keys(answer.bars['AAPL']?.[0] ?? {})).toEqual(['c', 'h', 'l', 'n', 'o', 't', 'v', 'vw']);
    expect(answer.bars['AAPL']).toHaveLength(20);
    expect(answer.bars['AAPL']?.at(-1)?.c).toBe(100.69);
    expect(answer.next_page_token).toBeNull();
  });

  it('are the same joined from pages of any size, in either order', async () => {
    world = await startWorld();
    fill();
    await assert(
      asyncProperty(integer({ min: 1, max: 70 }), constantFrom('asc', 'desc'), async (limit, sort) => {
        const path = `/v2/stocks/bars?symbols=AAPL,BRK.B,MSFT&sort=${sort}&${window}`;
        const whole = (await body(path)) as BarsBody;
        const joined: Record<string, unknown[]> = {};
        let token: string | null = null;
        do {
          const place: string = token === null ? '' : `&page_token=${encodeURIComponent(token)}`;
          const page = (await body(`${path}&limit=${limit}${place}`)) as BarsBody;
          const count = Object.values(page.bars).reduce((sum, bars) => sum + bars.length, 0);
          expect(count).toBe(page.next_page_token === null ? count : limit);
          for (const [name, bars] of Object.entries(page.bars)) (joined[name] ??= []).push(...bars);
          token = page.next_page_token;
        } while (token !== null);
        expect(joined).toEqual(whole.bars);
      }),
      { numRuns: 25 },
    );
  });

  it('of sip without an end go up to where a plan without it in real time may ask, and are fetched up to there', async () => {
    world = await startWorld({ withBackfill: true });
    world.history.add(...Array.from({ length: 20 }, (_, at) => bar('AAPL', 33 + at)));
    const path = '/v2/stocks/bars?symbols=AAPL&timeframe=1Min&feed=sip&start=2026-01-14T15:03:00Z';
    const answer = await world.get(path);
    expect(answer.status).toBe(200);
    const { bars } = (await answer.json()) as { bars: Record<string, { t: string }[]> };
    expect(bars['AAPL']?.map(({ t }) => t.slice(11, 16))).toEqual(
      Array.from({ length: 13 }, (_, at) => `15:${String(3 + at).padStart(2, '0')}`),
    );
    expect(world.backfill.fetched).toEqual([{ symbols: ['AAPL'], start: minute(33), end: minute(45) }]);
    expect((await world.get(`${path}&end=2026-01-14T15:16:00Z`)).status).toBe(403);
  });

  it('of longer time frames begin with the bucket that the start falls into', async () => {
    world = await startWorld();
    fill();
    const path = '/v2/stocks/AAPL/bars?timeframe=5Min&start=2026-01-14T14:33:00Z&end=2026-01-14T14:41:00Z';
    const answer = (await body(path)) as { bars: { t: string }[]; symbol: string };
    expect(answer.bars.map(({ t }) => t.slice(11, 16))).toEqual(['14:30', '14:35', '14:40']);
    expect(answer.symbol).toBe('AAPL');
  });

  it('of one symbol without any are null', async () => {
    world = await startWorld();
    expect(await body(`/v2/stocks/ZZZQ/bars?${window}`)).toEqual({
      bars: null,
      next_page_token: null,
      symbol: 'ZZZQ',
    });
  });

  it.each([
    ['symbols=AAPL,BRK-B&timeframe=1Min', 'invalid symbol: BRK-B'],
    ['symbols=AAPL&timeframe=1Min&limit=10001', 'invalid limit: 10001, it must be between 1 and 10000'],
    ['symbols=AAPL&timeframe=1Min&limit=0', 'invalid limit: 0, it must be between 1 and 10000'],
    ['symbols=AAPL&timeframe=1Min&feed=delayed_sip', 'invalid feed: delayed_sip'],
    ['symbols=AAPL&timeframe=1Min&page_token=undefined', 'invalid page token'],
    ['symbols=AAPL&timeframe=1Min&sort=up', 'invalid sort: up'],
    ['symbols=AAPL&timeframe=1Min&adjustment=all', 'invalid adjustment: all (only raw bars are kept here)'],
    ['symbols=AAPL', "Invalid format for parameter timeframe: query parameter 'timeframe' is required"],
  ])('%s is a 400: %s', async (query, text) => {
    world = await startWorld();
    expect(await message(`/v2/stocks/bars?${query}`)).toEqual([400, text]);
  });

  it('of malformed symbols are refused in the wording of the latest endpoints there', async () => {
    world = await startWorld();
    expect(await message('/v2/stocks/bars/latest?symbols=ANG-PD')).toEqual([
      400,
      'code=400, message=invalid symbol: ANG-PD',
    ]);
    expect(await message(`/v1beta3/crypto/us/bars?symbols=BTC&${window}`)).toEqual([
      400,
      'Invalid symbol(s): BTC does not match ^[A-Z]+/[A-Z]+$',
    ]);
  });

  it('fold into snapshots with the day before', async () => {
    world = await startWorld();
    fill();
    const answer = (await body('/v2/stocks/snapshots?symbols=AAPL,NONE')) as Record<
      string,
      Record<string, unknown>
    >;
    expect(Object.keys(answer)).toEqual(['AAPL']);
    expect(Object.keys(answer['AAPL'] ?? {})).toEqual(['dailyBar', 'minuteBar', 'prevDailyBar']);
    expect(answer['AAPL']?.['dailyBar']).toMatchObject({ t: '2026-01-14T05:00:00Z', v: 24_000 });
    expect(answer['AAPL']?.['prevDailyBar']).toMatchObject({ t: '2026-01-13T05:00:00Z', v: 1200 });
  });
});

describe('what the store lacks', () => {
  it('is fetched once for any number of clients at a time, and kept', async () => {
    world = await startWorld({ withBackfill: true });
    const gate = withResolvers();
    world.backfill.bring = async ({ symbols }) => {
      await gate.promise;
      for (const name of symbols) world.history.add(bar(name, 4));
    };
    const path = `/v2/stocks/bars?symbols=NVDA,AMD&${window}`;
    const answers = [body(path), body(path), body(`/v2/stocks/NVDA/bars?${window}`)];
    while (world.backfill.fetched.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.resolve(undefined);
    const [first, second, single] = (await Promise.all(answers)) as [BarsBody, BarsBody, { bars: unknown[] }];
    expect(Object.keys(first.bars)).toEqual(['AMD', 'NVDA']);
    expect(second).toEqual(first);
    expect(single.bars).toHaveLength(1);
    expect(world.backfill.fetched).toEqual([{ symbols: ['AMD', 'NVDA'], start: minute(0), end: minute(30) }]);
    await body(path);
    expect(world.backfill.fetched).toHaveLength(1);
  });

  it('of the latest minutes is not fetched again for a while, though nothing vouches for it yet', async () => {
    world = await startWorld({ withBackfill: true });
    world.backfill.bring = ({ symbols }) => symbols.forEach((name) => world.history.add(bar(name, 58)));
    world.backfill.covered.add = () => world.backfill.covered;
    const path =
      '/v2/stocks/bars?symbols=NVDA&timeframe=1Min&start=2026-01-14T15:25:00Z&end=2026-01-14T15:29:00Z';
    for (let count = 0; count < 3; count++) await body(path);
    expect(world.backfill.fetched).toHaveLength(1);
  });

  it('makes no daily bar of a part of a day', async () => {
    world = await startWorld({ withBackfill: true });
    world.history.add(bar('AAPL', -24 * 60), bar('AAPL', 3));
    world.backfill.bring = () => {
      throw new Error('down');
    };
    const path = '/v2/stocks/snapshots?symbols=AAPL';
    expect(Object.keys(((await body(path)) as { AAPL: object }).AAPL)).toEqual(['minuteBar']);
    world.backfill.covered.add('AAPL');
    expect(Object.keys(((await body(path)) as { AAPL: object }).AAPL)).toEqual([
      'dailyBar',
      'minuteBar',
      'prevDailyBar',
    ]);
  });

  it('is not waited for without end: 504 asks to come again, and the fetch goes on', async () => {
    world = await startWorld({ withBackfill: true, limits: { missingWaitMs: 20 } });
    const gate = withResolvers();
    world.backfill.bring = async ({ symbols }) => {
      await gate.promise;
      for (const name of symbols) world.history.add(bar(name, 4));
    };
    const path = `/v2/stocks/bars?symbols=NVDA&${window}`;
    expect((await world.get(path)).status).toBe(504);
    gate.resolve(undefined);
    while ((await world.get(path)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(world.backfill.fetched).toHaveLength(1);
  });

  it('never includes the minute that is still forming', async () => {
    world = await startWorld({ withBackfill: true });
    await body(
      '/v2/stocks/bars?symbols=NVDA&timeframe=1Min&start=2026-01-14T15:00:00Z&end=2026-01-14T23:00:00Z',
    );
    const [asked] = world.backfill.fetched;
    expect(closeOf(asked?.end ?? minute(0))).toBeLessThanOrEqual(Date.parse('2026-01-14T15:31:00Z'));
  });

  it('that fails is a 500 without a word of why, and is logged', async () => {
    world = await startWorld({ withBackfill: true });
    world.backfill.bring = () => {
      throw new Error('secret detail');
    };
    expect(await message(`/v2/stocks/bars?symbols=NVDA&${window}`)).toEqual([500, 'internal server error']);
    expect(world.logged.join()).toContain('secret detail');
  });
});

describe('headers', () => {
  it('tell the rate on every answer, good or bad', async () => {
    world = await startWorld({ limits: { requests: { burst: 3, perMinute: 3 } } });
    const remaining = async (path: string) => (await world.get(path)).headers.get('x-ratelimit-remaining');
    expect(await remaining('/v2/clock')).toBe('2');
    expect(await remaining('/v2/nothing')).toBe('1');
    expect(await remaining('/v2/stocks/bars')).toBe('0');
    const last = await world.get('/v2/clock');
    expect(last.status).toBe(429);
    expect(await last.json()).toEqual({ message: 'too many requests.' });
    expect(last.headers.get('x-ratelimit-limit')).toBe('3');
    expect(Number(last.headers.get('x-ratelimit-reset'))).toBeGreaterThan(1_700_000_000);
    expect(last.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('say gzip only to those who take it', async () => {
    world = await startWorld();
    fill();
    const encodingFor = (accept: string) =>
      new Promise((resolve) => {
        const headers = { 'accept-encoding': accept, 'apca-api-key-id': 'a', 'apca-api-secret-key': 'b' };
        request(
          world.url(`/v2/stocks/bars?symbols=AAPL,MSFT&${window}`),
          { headers, agent: false },
          (answer) => {
            answer.resume();
            resolve(answer.headers['content-encoding']);
          },
        ).end();
      });
    expect(await encodingFor('br, gzip')).toBe('gzip');
    expect(await encodingFor('gzip;q=0')).toBeUndefined();
    expect(await encodingFor('identity')).toBeUndefined();
  });
});

describe('keys', () => {
  it('that are missing are refused as each of Alpaca’s hosts does', async () => {
    world = await startWorld();
    const data = await fetch(world.url(`/v2/stocks/bars?symbols=AAPL&${window}`));
    expect(data.status).toBe(401);
    expect(data.headers.get('content-type')).toBe('text/html');
    expect(await data.text()).toContain('<h1>401 Authorization Required</h1>');
    const trading = await fetch(world.url('/v2/clock'));
    expect(await trading.json()).toEqual({ code: 40110000, message: 'request is not authorized.' });
    expect((await fetch(world.url(`/v1beta3/crypto/us/bars?symbols=BTC/USD&${window}`))).status).toBe(200);
  });
});

function withResolvers() {
  let resolve: (value: unknown) => void = () => undefined;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
