import { describe, expect, it } from 'vitest';
import { converse, type WirePage } from './conversation.ts';
import { hasShared, sharedJson, sharedText } from './shared-material.ts';

const recordings = 'alpaca/recordings';
const recorded = (path: string) => sharedText(`${recordings}/${path}`).trim();
const marketpulse = (name: string) => recorded(`thesmaw-marketpulse/rest/${name}.json`);

describe.skipIf(!hasShared(recordings))('bodies against recorded ones', () => {
  const simulator = converse({ symbols: 50 });
  const day = 'start=2026-01-14T15:00:00Z&feed=iex';
  const refusals = [
    [400, 'error-400-bad-timeframe', `/v2/stocks/bars?symbols=AAPL&timeframe=3Fortnight&${day}`],
    [
      400,
      'error-400-end-before-start',
      `/v2/stocks/bars?symbols=AAPL&timeframe=1Min&${day}&end=2026-01-14T14:00:00Z`,
    ],
    [400, 'error-400-malformed-date', '/v2/stocks/bars?symbols=AAPL&timeframe=1Min&start=not-a-date'],
    [400, 'error-400-missing-symbols', `/v2/stocks/bars?timeframe=1Min&${day}`],
    [
      403,
      'error-403-recent-window',
      '/v2/stocks/bars?symbols=AAPL&timeframe=1Min&start=2026-01-14T15:00:00Z&end=2026-01-14T15:59:00Z&feed=sip',
    ],
    [200, 'empty-200-unknown-symbol', `/v2/stocks/bars?symbols=ZZZZQ&timeframe=1Min&${day}`],
  ] as const;

  it.each(refusals)('HTTP %i as in %s', (status, name, url) => {
    const answer = simulator.ask(url);
    expect(answer.status).toBe(status);
    expect(answer.text).toBe(marketpulse(name));
  });

  it('answers an empty bucket in the recorded words', () => {
    const narrow = converse({ symbols: 5 }, { rateLimit: 1 });
    narrow.ask('/v2/stocks/bars/latest?symbols=AAPL');
    const answer = narrow.ask('/v2/stocks/bars/latest?symbols=AAPL');
    expect(answer.status).toBe(429);
    expect(answer.text).toBe(marketpulse('error-429-rate-limited'));
  });

  it('names an asset that does not exist as recorded', () => {
    const file = JSON.parse(recorded('inaris-fume-trading-chart/error-404-asset.json')) as { body: unknown };
    const answer = simulator.ask('/v2/assets/ZZZZNOTREAL');
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toEqual(file.body);
  });

  it('spells a page of one symbol key for key as the recorded one', () => {
    const text = recorded('inaris-fume-trading-chart/bars-spy-1min-desc-limit5-2026-09-29.json');
    const real = JSON.parse(text) as { bars: object[]; next_page_token: string };
    const mine = simulator.json(`/v2/stocks/SPY/bars?timeframe=1Min&sort=desc&limit=5&${day}`) as typeof real;
    expect(Object.keys(mine)).toEqual(Object.keys(real));
    expect(Object.keys(mine.bars[0] ?? {})).toEqual(Object.keys(real.bars[0] ?? {}));
    expect(mine.bars).toHaveLength(real.bars.length);
    expect(shapeOfToken(mine.next_page_token)).toBe(shapeOfToken(real.next_page_token));
  });

  it('accepts a token that the real service gave', () => {
    const real = sharedJson(`${recordings}/pauloshabtewold-market-data-platform/bars_page1.json`) as WirePage;
    const answer = converse({ symbols: 5 }, {}, Date.parse('2026-06-02T16:00:00Z')).json(
      `/v2/stocks/bars?symbols=AAPL&timeframe=1Min&feed=iex&start=2026-06-01&limit=1&page_token=${real.next_page_token}`,
    ) as WirePage;
    const named = Number(atob(real.next_page_token ?? '').split('|')[2]) / 1e6;
    expect(Date.parse(answer.bars?.['AAPL']?.[0]?.t ?? '')).toBeGreaterThanOrEqual(named);
    expect(Date.parse(answer.bars?.['AAPL']?.[0]?.t ?? '')).toBeLessThan(named + 30 * 60_000);
  });

  it('spells the clock as recorded, with nanoseconds and the offset of New York', () => {
    const real = sharedJson(`${recordings}/candlestack/clock.json`) as Record<string, unknown>;
    const friday = converse({}, {}, Date.parse('2026-09-25T22:37:09.055Z')).json('/v2/clock');
    expect(friday).toEqual({ ...real, timestamp: '2026-09-25T18:37:09.055000000-04:00' });
  });

  it('gives an asset every field of the recorded one', () => {
    const real = sharedJson(`${recordings}/thesmaw-marketpulse/rest/asset-nvda.json`) as object;
    expect(Object.keys(simulator.json('/v2/assets/NVDA') as object)).toEqual(Object.keys(real));
  });

  it('sends the headers of the recorded answer that a client can see', () => {
    const real = sharedJson(`${recordings}/headers/bars-200-2024-03-06.json`) as {
      headers: Record<string, string>;
    };
    const sent = simulator.ask(`/v2/stocks/bars?symbols=AAPL&timeframe=1Min&${day}`).headers;
    const names = new Set(Object.keys(real.headers).map((name) => name.toLowerCase()));
    for (const name of [
      'date',
      'content-type',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-request-id',
    ]) {
      expect(names).toContain(name);
      expect(Object.keys(sent).map((key) => key.toLowerCase())).toContain(name);
    }
    expect(sent['Content-Type']).toBe(real.headers['Content-Type']);
    expect(sent['X-Request-ID']).toMatch(/^[0-9a-f]{32}$/);
  });
});

/** A token with its letters and digits blotted out: `SPY|M|9999999999999999999`. */
function shapeOfToken(token: string): string {
  return atob(token).replace(/\d/g, '9');
}
