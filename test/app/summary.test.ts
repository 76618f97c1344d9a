import { describe, expect, it } from 'vitest';
import { seconds, Summary } from '../../src/app/summary.ts';
import type { Bar } from '../../src/market/bar.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { addMinutes, closeOf, minuteOf } from '../../src/time/minute.ts';

const minute = minuteOf(Date.parse('2026-01-14T15:00:00Z'));
const symbol = (name: string) => name as MarketSymbol;

function bar(name: string, lateMs: number, type: Bar['type'] = 'bar'): Bar {
  const prices = { o: 1, h: 1, l: 1, c: 1, v: 1, n: 1, vw: 1 };
  return {
    ...prices,
    type,
    minute,
    symbol: symbol(name),
    feed: 'iex',
    receivedAt: closeOf(minute) + lateMs,
    version: 1,
  };
}

const request = (status: number) =>
  ({ lane: 'live', status, sentAt: 0, durationMs: 1, serverTime: undefined }) as const;

describe('Summary', () => {
  it('counts symbols, bars, revisions, requests and refusals, and tells the lateness of first deliveries', () => {
    const summary = new Summary(minute);
    for (const event of [bar('A', 2_000), bar('B', 4_000), bar('A', 90_000, 'revision')])
      summary.event(event);
    for (const status of [200, 200, 429, 500, 0, 400]) summary.request(request(status));
    const line = summary.line(500);
    expect(line).toMatch(/^500 symbols \(2 with bars\), 2 bars, 1 revisions, 6 requests, 1 429s, /);
    expect(line).toMatch(/lateness p50 2\.0\d s p99 4\.\d\d s, 2 failed requests$/);
  });

  it('does not call a bar late that is older than the start', () => {
    const summary = new Summary(addMinutes(minute, 1));
    summary.event(bar('A', 3_600_000));
    expect(summary.line(1)).toMatch(/1 bars, .* lateness p50 - p99 -$/);
  });

  it('tells of quarantine and open gaps while there are any', () => {
    const summary = new Summary(minute);
    summary.event({ type: 'quarantine', symbol: symbol('X'), reason: 'why', since: 0, until: 0 });
    summary.event({ type: 'quarantine', symbol: symbol('X'), reason: 'why', since: 0, until: 1 });
    const gap = {
      type: 'gap',
      symbols: [symbol('A'), symbol('B')],
      from: minute,
      to: minute,
      reason: '',
    } as const;
    summary.event({ ...gap, state: 'open' });
    expect(summary.line(3)).toMatch(/1 quarantined, 2 symbols with an open gap$/);
    summary.event({ ...gap, state: 'closed' });
    summary.event({ type: 'release', symbol: symbol('X') });
    expect(summary.line(3)).toBe(
      '3 symbols (0 with bars), 0 bars, 0 revisions, 0 requests, 0 429s, lateness p50 - p99 -',
    );
  });
});

describe('seconds', () => {
  it('writes milliseconds for a reader', () => {
    expect([undefined, 0, 1_234, 9_999, 10_000, 61_400].map(seconds)).toEqual([
      '-',
      '0.00 s',
      '1.23 s',
      '10.00 s',
      '10 s',
      '61 s',
    ]);
  });
});
