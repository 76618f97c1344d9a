import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoMinute } from '../../src/simulator/bar.ts';
import { createMarket } from '../../src/simulator/market.ts';
import { barLines, converse, noon, walkPages, type WirePage } from './conversation.ts';

const market = createMarket({ symbols: 40, revised: 0.1, late: 0.05 });
const url = (symbols: readonly string[], from: number, to: number) =>
  `/v2/stocks/bars?symbols=${symbols.join(',')}&timeframe=1Min&feed=iex&start=${isoMinute(from)}&end=${isoMinute(to)}`;
const newest = noon / 60_000;

/** The ground truth in the order of an answer. */
function truth(symbols: readonly string[], from: number, to: number, descending = false): string[] {
  const lines = market.visible(symbols, from, to, noon);
  if (descending) {
    lines.sort((a, b) =>
      a.symbol === b.symbol ? b.bar.minute - a.bar.minute : a.symbol < b.symbol ? -1 : 1,
    );
  }
  return lines.map(
    ({ symbol, bar }) => `${symbol} ${isoMinute(bar.minute)} ${bar.c} ${bar.v} ${bar.n} ${bar.vw}`,
  );
}

const query = fc.record({
  symbols: fc.uniqueArray(fc.constantFrom(...market.symbols), { minLength: 1, maxLength: 12 }),
  back: fc.integer({ min: 0, max: 90 }),
  length: fc.integer({ min: 0, max: 60 }),
  limit: fc.integer({ min: 1, max: 50 }),
});

describe('pages', () => {
  it('joined are the ground truth, whatever the limit, the window and the symbols', () => {
    fc.assert(
      fc.property(query, fc.boolean(), fc.constantFrom(0, 0.5), (asked, descending, shortPages) => {
        const conversation = converse(market, { rateLimit: 'off', shortPages });
        const { symbols, back, length, limit } = asked;
        const [from, to] = [newest - back, newest - back + length];
        const sort = descending ? '&sort=desc' : '';
        const pages = walkPages(conversation, `${url(symbols, from, to)}&limit=${limit}${sort}`);
        expect(barLines(pages)).toEqual(truth(symbols, from, to, descending));
        for (const page of pages) expect(barLines([page]).length).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 300 },
    );
  });

  it('hold `limit` bars in all, not a symbol: the trap that the poller must not fall into', () => {
    const page = converse(createMarket({ symbols: 25, quiet: 0 })).json(
      `${url(['AAPL', 'MSFT', 'NVDA'], newest - 10, newest - 6)}&limit=2`,
    ) as WirePage;
    expect(Object.keys(page.bars ?? {})).toEqual(['AAPL']);
    expect(page.bars?.['AAPL']).toHaveLength(2);
  });

  it('hold 1,000 bars unless told', () => {
    const conversation = converse(createMarket({ symbols: 20, quiet: 0 }));
    const page = conversation.json(url(conversation.market.symbols, newest - 200, newest - 6)) as WirePage;
    expect(barLines([page])).toHaveLength(1_000);
  });

  it('come in order of the alphabet, however the symbols were listed', () => {
    const pages = walkPages(converse(market), url(['SPY', 'AAPL', 'MSFT'], newest - 60, newest - 6));
    expect(Object.keys(pages[0]?.bars ?? {})).toEqual(['AAPL', 'MSFT', 'SPY']);
  });

  it('include the minute of the start and the minute of the end', () => {
    const conversation = converse(createMarket({ symbols: ['AAPL'], quiet: 0 }));
    const session = 'start=2026-01-13T14:30:00Z&end=2026-01-13T21:00:00Z';
    const pages = walkPages(conversation, `/v2/stocks/bars?symbols=AAPL&timeframe=1Min&feed=iex&${session}`);
    expect(barLines(pages)).toHaveLength(391);
  });

  it('of dates hold the whole day of New York, from its midnight to its midnight', () => {
    const conversation = converse(createMarket({ symbols: ['AAPL'], quiet: 0 }), { rateLimit: 'off' });
    const days = (start: string, end: string) =>
      barLines(
        walkPages(
          conversation,
          `/v2/stocks/bars?symbols=AAPL&timeframe=1Min&feed=iex&start=${start}&end=${end}`,
        ),
      ).map((line) => line.split(' ')[1]);
    const one = days('2026-01-12', '2026-01-12');
    expect([one.length, one[0], one[one.length - 1]]).toEqual([
      1_440,
      '2026-01-12T05:00:00Z',
      '2026-01-13T04:59:00Z',
    ]);
    // The day on which the clocks go forward has 23 hours.
    expect(days('2025-03-09', '2025-03-09')).toHaveLength(23 * 60);
  });

  it('end early where told to, with a token that leads on', () => {
    const conversation = converse(createMarket({ symbols: 10, quiet: 0 }), {
      shortPages: 1,
      rateLimit: 'off',
    });
    const asked = url(conversation.market.symbols, newest - 30, newest - 6);
    const pages = walkPages(conversation, asked);
    expect(pages.length).toBeGreaterThan(2);
    expect(barLines(pages)).toHaveLength(250);
  });

  it('name the next bar in their token', () => {
    const conversation = converse(createMarket({ symbols: ['AAPL'], quiet: 0 }));
    const page = conversation.json(`${url(['AAPL'], newest - 30, newest - 6)}&limit=4`) as WirePage;
    expect(atob(page.next_page_token ?? '')).toBe(`AAPL|M|${(newest - 26) * 60_000}000000`);
  });

  it('go on after the bar that the older form of the token names', () => {
    const conversation = converse(createMarket({ symbols: ['AAPL'], quiet: 0 }));
    const token = btoa(`AAPL|M|${isoMinute(newest - 26).replace('Z', '.000000000Z')}`);
    const page = conversation.json(
      `${url(['AAPL'], newest - 30, newest - 6)}&limit=1&page_token=${encodeURIComponent(token)}`,
    ) as WirePage;
    expect(page.bars?.['AAPL']?.[0]?.t).toBe(isoMinute(newest - 25));
  });

  it.each(['undefined', 'AAPL', btoa('AAPL|M|soon'), btoa('AAPL|Q|1768402980000000000'), btoa('nothing')])(
    'refuse the token %s',
    (token) => {
      const answer = converse(market).ask(`${url(['AAPL'], newest - 30, newest)}&page_token=${token}`);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toHaveProperty('message');
    },
  );

  it('may be null where they are empty, and always are for one symbol', () => {
    const [from, to] = [newest - 30, newest - 20];
    expect(converse(market).ask(url(['ZZZZQ'], from, to)).text).toBe('{"bars":{},"next_page_token":null}');
    const nulls = converse(market, { nullBars: true });
    expect(nulls.ask(url(['ZZZZQ'], from, to)).text).toBe('{"bars":null,"next_page_token":null}');
    expect(nulls.ask('/v2/stocks/ZZZZQ/bars?timeframe=1Min&feed=iex').text).toBe(
      '{"bars":null,"next_page_token":null,"symbol":"ZZZZQ"}',
    );
  });

  it('of one symbol are the same bars', () => {
    const conversation = converse(market);
    const window = `timeframe=1Min&feed=iex&start=${isoMinute(newest - 30)}&end=${isoMinute(newest)}`;
    const one = conversation.json(`/v2/stocks/AAPL/bars?${window}`) as { bars: unknown };
    const many = conversation.json(`/v2/stocks/bars?symbols=AAPL&${window}`) as WirePage;
    expect(one.bars).toEqual(many.bars?.['AAPL']);
  });

  it('of crypto pairs joined are the ground truth too', () => {
    const conversation = converse(market, { rateLimit: 'off' });
    const pages = walkPages(
      conversation,
      `/v1beta3/crypto/us/bars?symbols=ETH/USD,BTC/USD&timeframe=1Min&limit=7&start=${isoMinute(newest - 20)}&end=${isoMinute(newest)}`,
    );
    expect(barLines(pages)).toEqual(truth(['BTC/USD', 'ETH/USD'], newest - 20, newest));
  });

  it('of longer bars can be walked as well, and split no bar', () => {
    const conversation = converse(createMarket({ symbols: 5, quiet: 0.5 }), { rateLimit: 'off' });
    const asked = (limit: number) =>
      `/v2/stocks/bars?symbols=AAPL,MSFT,SPY&timeframe=15Min&feed=iex&start=2026-01-14T12:00:00Z&limit=${limit}`;
    expect(barLines(walkPages(conversation, asked(2)))).toEqual(
      barLines(walkPages(conversation, asked(10_000))),
    );
  });
});

describe('a long window', () => {
  it('is walked in pages that end short rather than block', () => {
    const conversation = converse({ symbols: 3, hours: 'regular' }, { rateLimit: 'off' });
    const asked =
      '/v2/stocks/bars?symbols=AAPL,MSFT,NVDA&timeframe=1Month&feed=iex&limit=10000&start=2023-01-01&end=2025-12-31';
    const pages = walkPages(conversation, asked);
    expect(barLines(pages)).toHaveLength(3 * 36);
    expect(pages.length).toBeGreaterThan(1);
  });
});
