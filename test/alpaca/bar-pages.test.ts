import { describe, expect, it } from 'vitest';
import { fetchAssets } from '../../src/alpaca/assets.ts';
import { createAlpacaBarSource } from '../../src/alpaca/bar-pages.ts';
import type { BarPage, BarQuery } from '../../src/market/bar-source.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { pack } from '../../src/plan/pack.ts';
import { maxListBytes, maxUrlBytes } from '../../src/plan/plan.ts';
import { minuteOf } from '../../src/time/minute.ts';
import { json, type Reply, setUp } from './fake-transport.ts';

const start = minuteOf(Date.parse('2026-01-14T14:55:00Z'));
const end = minuteOf(Date.parse('2026-01-14T14:59:00Z'));
const query = (symbols: readonly string[], more: Partial<BarQuery> = {}): BarQuery => ({
  symbols: symbols.map((symbol) => symbol as MarketSymbol),
  feed: 'iex',
  start,
  end,
  ...more,
});
const bar = (t: string) => ({ c: 2, h: 3, l: 1, n: 4, o: 1.5, t, v: 100, vw: 1.75 });
const page = (symbol: string, t: string, token: string | null): Reply =>
  json({ bars: { [symbol]: [bar(t)] }, next_page_token: token });

async function walk(made: ReturnType<typeof setUp>, asked: BarQuery, deadline?: number) {
  const pages: BarPage[] = [];
  const source = createAlpacaBarSource(made.host, made.retry);
  const options = { lane: 'live', ...(deadline !== undefined && { deadline }) } as const;
  for await (const one of source.pages(asked, options)) pages.push(one);
  return pages;
}

describe('createAlpacaBarSource', () => {
  it('asks for a window with the largest page, in raw prices, on a named feed, with raw commas', async () => {
    const made = setUp([json({ bars: {}, next_page_token: null })]);
    await walk(made, query(['AAPL', 'BRK.B', 'MSFT'], { feed: 'sip' }));
    expect(made.gets.map((get) => get.url)).toEqual([
      'https://data.example/v2/stocks/bars?symbols=AAPL,BRK.B,MSFT&timeframe=1Min' +
        '&start=2026-01-14T14:55:00Z&end=2026-01-14T14:59:00Z&limit=10000&sort=asc&adjustment=raw&feed=sip',
    ]);
  });

  it('asks for pairs at the crypto endpoint, which has neither feed nor adjustment', async () => {
    const made = setUp([json({ bars: {}, next_page_token: null })]);
    await walk(made, query(['BTC/USD', 'ETH/USD'], { feed: 'crypto' }));
    expect(made.gets[0]?.url).toMatch(
      /\/v1beta3\/crypto\/us\/bars\?symbols=BTC\/USD,ETH\/USD&timeframe=1Min&start=/,
    );
    expect(made.gets[0]?.url).not.toMatch(/feed|adjustment/);
  });

  it('lets no symbol write into the rest of the URL', async () => {
    const made = setUp([json({ bars: {}, next_page_token: null })]);
    await walk(made, query(['A&feed=sip', 'B#', 'C?x=1', 'D%2C', 'E/../../v2/account']));
    const url = new URL(made.gets[0]?.url ?? '');
    expect(url.pathname).toBe('/v2/stocks/bars');
    expect(url.hash).toBe('');
    expect(url.searchParams.get('symbols')).toBe('A&feed=sip,B#,C?x=1,D%2C,E/../../v2/account');
    expect(url.searchParams.getAll('feed')).toEqual(['iex']);
  });

  it('follows the page token until it is null, however short the pages are', async () => {
    const made = setUp([
      page('A', '2026-01-14T14:55:00Z', 'QXxNfDE='),
      json({ bars: null, next_page_token: 'QnxNfDI+/w==' }),
      page('B', '2026-01-14T14:56:00Z', null),
    ]);
    const pages = await walk(made, query(['A', 'B']));
    expect(pages.map((one) => [...one.rows.keys()])).toEqual([['A'], [], ['B']]);
    const tokens = made.gets.map((get) => new URL(get.url).searchParams.get('page_token'));
    expect(tokens).toEqual([null, 'QXxNfDE=', 'QnxNfDI+/w==']);
    // Everything else stays the same on every page.
    expect(new Set(made.gets.map((get) => get.url.split('&page_token')[0])).size).toBe(1);
    expect(made.budget.usage().total).toBe(3);
  });

  it('asks for a page only when the one before was taken', async () => {
    const made = setUp([page('A', '2026-01-14T14:55:00Z', 'one'), page('A', '2026-01-14T14:56:00Z', null)]);
    const source = createAlpacaBarSource(made.host, made.retry);
    for await (const one of source.pages(query(['A']), { lane: 'live' })) {
      expect(one.rows.size).toBe(1);
      await made.clock.sleep(60_000);
      expect(made.gets.length).toBe(1);
      break;
    }
    expect(made.gets.length).toBe(1);
  });

  it('refuses a page token that comes back, instead of walking for ever', async () => {
    const made = setUp([
      page('A', '2026-01-14T14:55:00Z', 'one'),
      page('A', '2026-01-14T14:56:00Z', 'two'),
      page('A', '2026-01-14T14:57:00Z', 'one'),
    ]);
    await expect(walk(made, query(['A']))).rejects.toMatchObject({
      code: 'bad_response',
      retryable: true,
      message: expect.stringMatching(/repeats a page token/),
    });
    expect(made.gets.length).toBe(3);
  });

  it('tries a failed page again with the same token, each attempt for a token of the budget', async () => {
    const made = setUp([
      page('A', '2026-01-14T14:55:00Z', 'one'),
      { status: 500, body: '' },
      { status: 200, body: '{"bars":{"A":[{"c":' },
      page('A', '2026-01-14T14:56:00Z', null),
    ]);
    const pages = await walk(made, query(['A']));
    expect(pages.length).toBe(2);
    expect(made.gets.map((get) => new URL(get.url).searchParams.get('page_token'))).toEqual([
      null,
      'one',
      'one',
      'one',
    ]);
    expect(made.budget.usage().total).toBe(4);
    expect(made.retries.length).toBe(2);
  });

  it('says when the answered attempt was sent, not the first one', async () => {
    const made = setUp([{ status: 500, body: '' }, page('A', '2026-01-14T14:55:00Z', null)]);
    const [only] = await walk(made, query(['A']));
    expect(only?.askedAt).toBe(made.gets[1]?.at);
    expect(only?.receivedAt).toBe((made.gets[1]?.at ?? 0) + 100);
  });

  it('takes a 400 in mid-walk for a token that has gone bad, which blames no symbol', async () => {
    const made = setUp([
      page('A', '2026-01-14T14:55:00Z', 'one'),
      { status: 400, body: '{"message":"invalid page_token"}' },
    ]);
    await expect(walk(made, query(['A']))).rejects.toMatchObject({ code: 'bad_response', retryable: true });
  });

  it('passes a malformed symbol on at once, without a retry', async () => {
    const made = setUp([{ status: 400, body: '{"message":"invalid symbol: BRK-B"}' }]);
    await expect(walk(made, query(['A', 'BRK-B']))).rejects.toMatchObject({
      code: 'invalid_symbol',
      symbol: 'BRK-B',
    });
    expect(made.gets.length).toBe(1);
  });

  it('gives up inside the cycle when its deadline is near', async () => {
    const made = setUp([{ status: 500, body: '' }]);
    await expect(walk(made, query(['A']), made.clock.now() + 1_500)).rejects.toMatchObject({
      code: 'server_error',
    });
    expect(made.gets.length).toBe(2);
  });

  it('never makes a URL over 8,000 bytes of the longest batch that is packed', async () => {
    const symbols = Array.from({ length: 5_000 }, (_, at) => `${at.toString(36).toUpperCase()}/USD&.WS`);
    for (const batch of pack(symbols, { maxSymbols: 1_000, maxBytes: maxListBytes }).slice(0, 3)) {
      const made = setUp([
        json({ bars: {}, next_page_token: 'U1BZfE18MTc4MDUwNDY4MDAwMDAwMDAwMA==' }),
        json({ bars: {}, next_page_token: null }),
      ]);
      await walk(made, query(batch));
      for (const get of made.gets) expect(Buffer.byteLength(get.url)).toBeLessThanOrEqual(maxUrlBytes);
      expect(Buffer.byteLength(made.gets[0]?.url ?? '')).toBeGreaterThan(maxListBytes - 40);
    }
  });
});

describe('fetchAssets', () => {
  it('asks for active US equities in one request, and tries again what may pass', async () => {
    const made = setUp([{ status: 503, body: '' }, json([{ symbol: 'A' }])]);
    expect(await fetchAssets(made.host, made.retry, { lane: 'live' })).toEqual([{ symbol: 'A' }]);
    expect(made.gets.map((get) => get.url)).toEqual(
      Array.from({ length: 2 }, () => 'https://data.example/v2/assets?status=active&asset_class=us_equity'),
    );
  });
});
