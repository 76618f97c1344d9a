import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePage } from '../../src/alpaca/wire.ts';
import { toIsoMinute } from '../../src/time/minute.ts';

const bar = { c: 2, h: 3, l: 1, n: 4, o: 1.5, t: '2026-01-14T15:00:00Z', v: 100, vw: 1.75 };
const minute = Date.parse(bar.t) / 60_000;
const row = { minute, o: 1.5, h: 3, l: 1, c: 2, v: 100, n: 4, vw: 1.75 };
const asked = new Set(['AAPL', 'MSFT']);
const page = (bars: unknown, token: unknown = null) => parsePage({ bars, next_page_token: token }, asked);
const rowsOf = (list: unknown) => page({ AAPL: list }).rows.get('AAPL' as never);
const bad = (body: unknown) => () => parsePage(body, asked);

describe('parsePage', () => {
  it('reads the bars of each symbol that has some', () => {
    const { rows, nextPageToken } = page({ AAPL: [bar] }, 'QUFQTHxNfDE=');
    expect([...rows]).toEqual([['AAPL', [{ ...row, t: bar.t }]]]);
    expect(nextPageToken).toBe('QUFQTHxNfDE=');
  });

  it.each([[{}], [null], [undefined]])('takes %j for no bars at all', (bars) => {
    expect(page(bars)).toEqual({ rows: new Map(), nextPageToken: null });
  });

  it('takes null and [] for no bars of a symbol', () => {
    expect(rowsOf(null)).toEqual([]);
    expect(rowsOf([])).toEqual([]);
  });

  it('ends the walk on a token that is null, absent or empty', () => {
    expect(page({}).nextPageToken).toBeNull();
    expect(parsePage({ bars: {} }, asked).nextPageToken).toBeNull();
    expect(page({}, '').nextPageToken).toBeNull();
  });

  it('drops symbols that nobody asked for, whatever they hold', () => {
    expect([...page({ AAPL: [bar], ZZZZ: 'nonsense', TSLA: [bar] }).rows.keys()]).toEqual(['AAPL']);
  });

  it('puts rows in order of time, and of two for one minute takes the last', () => {
    const later = { ...bar, t: '2026-01-14T15:01:00Z' };
    const again = { ...bar, c: 2.5 };
    expect(rowsOf([later, bar, again])?.map((one) => [one.minute - minute, one.c])).toEqual([
      [0, 2.5],
      [1, 2],
    ]);
  });

  it('reads a time with an offset or a fraction of zero as its minute', () => {
    for (const t of ['2026-01-14T10:00:00-05:00', '2026-01-14T15:00:00.000000000Z'])
      expect(rowsOf([{ ...bar, t }])).toEqual([{ ...row, t }]);
  });

  it('tolerates a bar of a minute without a trade, and members that it does not know', () => {
    const odd = { v: 0, n: 0, vw: 0, x: 'new' };
    expect(rowsOf([{ ...bar, ...odd }])).toEqual([{ ...row, ...odd, t: bar.t }]);
  });

  it.each([12.5, -1, 3e9])('refuses %d trades, which no column holds', (n) => {
    expect(() => rowsOf([{ ...bar, n }])).toThrow(/AAPL has .* trades/);
  });

  it('never rounds a price', () => {
    expect(rowsOf([{ ...bar, vw: 214.743662, c: 0.00010001 }])).toMatchObject([
      { vw: 214.743662, c: 0.00010001 },
    ]);
  });

  it.each([
    ['null', null],
    ['a string', 'bars'],
    ['a number', 3],
    ['a list', []],
    ['a list of bars', { bars: [bar] }],
    ['bars as text', { bars: 'none' }],
    ['a token that is a number', { bars: {}, next_page_token: 7 }],
    ['a token that is an object', { bars: {}, next_page_token: {} }],
    ['bars of a symbol as an object', { bars: { AAPL: bar } }],
    ['bars of a symbol as text', { bars: { AAPL: 'x' } }],
    ['a bar that is null', { bars: { AAPL: [null] } }],
    ['a bar that is a list', { bars: { AAPL: [[1, 2]] } }],
    ['a bar without its close', { bars: { AAPL: [{ ...bar, c: undefined }] } }],
    ['a price as text', { bars: { AAPL: [{ ...bar, o: '1.5' }] } }],
    ['a volume of null', { bars: { AAPL: [{ ...bar, v: null }] } }],
    ['a time as a number', { bars: { AAPL: [{ ...bar, t: 1_768_402_800 }] } }],
    ['a time that is none', { bars: { AAPL: [{ ...bar, t: 'yesterday' }] } }],
    ['a time inside a minute', { bars: { AAPL: [{ ...bar, t: '2026-01-14T15:00:30Z' }] } }],
    ['a time without its offset', { bars: { AAPL: [{ ...bar, t: '2026-01-14T15:00:00' }] } }],
    ['a time in words', { bars: { AAPL: [{ ...bar, t: 'Jan 14 2026 15:00 UTC' }] } }],
    ['a time that is a year', { bars: { AAPL: [{ ...bar, t: '2026' }] } }],
  ])('refuses %s, and says that trying again can help', (_, body) => {
    expect(bad(body)).toThrow(
      expect.objectContaining({
        name: 'FleeceError',
        code: 'bad_response',
        retryable: true,
        message: expect.stringMatching(/^the answer is not a page of bars: /),
      }),
    );
  });

  it('refuses a number that is too large for one, which JSON reads as infinity', () => {
    const body: unknown = JSON.parse(
      `{"bars":{"AAPL":[${JSON.stringify(bar).replace('"c":2', '"c":1e999')}]}}`,
    );
    expect(bad(body)).toThrow(/lacks one of t, o, h, l, c, v, n, vw/);
  });

  it('is not misled by names that objects inherit', () => {
    const hostile = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const text = `{"bars":{${hostile.map((name) => `"${name}":[${JSON.stringify(bar)}]`).join()}},"__proto__":{"bars":1}}`;
    const parsed = parsePage(JSON.parse(text), new Set([...hostile, 'valueOf']));
    expect([...parsed.rows.keys()].toSorted()).toEqual(hostile.toSorted());
    expect({}).not.toHaveProperty('bars');
  });

  it('quotes no more than a little of a hostile text', () => {
    expect(bad({ bars: { AAPL: [{ ...bar, t: 'x'.repeat(1_000_000) }] } })).toThrow(/^.{0,200}$/);
  });

  it('throws a FleeceError or gives rows in order, whatever JSON comes', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>([bar], [{ ...bar, t: '2026-01-14T15:03:00Z' }, bar], [{}], null),
    );
    fc.assert(
      fc.property(value, value, fc.jsonValue(), (apple, microsoft, token) => {
        try {
          const { rows } = parsePage(
            { bars: { AAPL: apple, MSFT: microsoft }, next_page_token: token },
            asked,
          );
          for (const list of rows.values())
            for (const [at, one] of list.entries())
              if (at > 0) expect(one.minute).toBeGreaterThan(list[at - 1]?.minute ?? 0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'FleeceError', code: 'bad_response' });
        }
      }),
    );
  });
});

const recordings = new URL('../../../shared/alpaca/recordings/', import.meta.url);
const recorded = (path: string): unknown =>
  JSON.parse(readFileSync(fileURLToPath(new URL(path, recordings)), 'utf8'));

describe('recorded bodies', () => {
  const isAbsent = !existsSync(fileURLToPath(recordings));
  const walk = 'pauloshabtewold-market-data-platform/';

  it.skipIf(isAbsent)('are read whole: a real walk of two pages (needs shared/alpaca/recordings)', () => {
    const [first, second] = ['bars_page1.json', 'bars_page2.json'].map((name) => {
      const body = recorded(walk + name) as { bars: { AAPL: { t: string; vw: number }[] } };
      return { body, page: parsePage(body, asked) };
    });
    for (const one of [first, second]) {
      const rows = one?.page.rows.get('AAPL' as never) ?? [];
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.map((each) => [toIsoMinute(each.minute), each.vw])).toEqual(
        one?.body.bars.AAPL.map((each) => [each.t, each.vw]),
      );
    }
    expect(first?.page.nextPageToken).toMatch(/.+/);
    expect(second?.page.nextPageToken).toBeNull();
  });

  it
    .skipIf(isAbsent)
    .each([
      'thesmaw-marketpulse/rest/empty-200-before-history.json',
      'thesmaw-marketpulse/rest/empty-200-unknown-symbol.json',
      `${walk}bars_empty.json`,
    ])('of nothing are no bars: %s', (path) => {
    expect(parsePage(recorded(path), asked)).toEqual({ rows: new Map(), nextPageToken: null });
  });

  it.skipIf(isAbsent)('of one minute after another are in order (needs shared/alpaca/recordings)', () => {
    const { rows } = parsePage(recorded('candlestack/bars-AAPL-1Min-2024-06-03-p1.json'), asked);
    expect(rows.get('AAPL' as never)?.[0]).toMatchObject({ c: 191.68, v: 373, n: 4 });
  });
});
