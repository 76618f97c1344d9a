import { describe, expect, it } from 'vitest';
import { noteEvent } from '../../src/app/event-notes.ts';
import type { StreamEvent } from '../../src/app/bar-stream.ts';
import type { Log, LogFields } from '../../src/telemetry/log.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { minuteOf } from '../../src/time/minute.ts';

const minute = minuteOf(Date.parse('2026-01-14T15:00:00Z'));
const symbols = ['A', 'B'].map((name) => name as MarketSymbol);

/** What is logged of an event: level, message and fields. */
function noted(event: StreamEvent): [string, string, LogFields | undefined][] {
  const lines: [string, string, LogFields | undefined][] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push([level, message, fields]);
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  noteEvent(event, log);
  return lines;
}

const pass = (took: number): StreamEvent => ({
  type: 'pass',
  pass: 'first',
  minute,
  symbols: 2,
  batches: 4,
  failedBatches: 0,
  bars: 2,
  revisions: 0,
  missing: 0,
  startedAt: 1_000,
  finishedAt: 1_000 + took,
  slowestBatchMs: took,
});

describe('noteEvent', () => {
  it('raises an alert for a poll that takes longer than 30 s, and for no other', () => {
    expect(noted(pass(30_000))).toMatchObject([['debug', 'first pass', {}]]);
    expect(noted(pass(31_000))).toEqual([
      ['warn', 'a poll took 31 s', { minute: '2026-01-14T15:00:00Z', batches: 4 }],
    ]);
  });

  it('tells of quarantine, release, gaps and a new shape', () => {
    const [bad] = symbols;
    expect(
      noted({ type: 'quarantine', symbol: bad ?? ('' as MarketSymbol), reason: 'why', since: 0, until: 0 }),
    ).toEqual([['warn', 'A is set aside until 1970-01-01T00:00:00.000Z: why', undefined]]);
    expect(noted({ type: 'release', symbol: bad ?? ('' as MarketSymbol) })).toMatchObject([
      ['info', 'A is accepted again', undefined],
    ]);
    const gap = { type: 'gap', symbols, from: minute, to: minute, reason: 'HTTP 500' } as const;
    expect(noted({ ...gap, state: 'open' })).toMatchObject([
      ['warn', 'could not ask, will be made good: HTTP 500', { symbols: 2 }],
    ]);
    expect(noted({ ...gap, state: 'closed' })).toMatchObject([['info', 'made good', { symbols: 2 }]]);
    expect(noted({ type: 'mode', batchSize: 1, concurrency: 10 })).toMatchObject([
      ['info', 'polling in a new shape', { batchSize: 1 }],
    ]);
    const late =
      "52 % of the last minute's bars came after its first pass: the next begins 3.0 s after the minute";
    expect(noted({ type: 'settle', settleMs: 3_000, late: 0.52 })).toEqual([['info', late, undefined]]);
  });

  it('says nothing of budget and answers', () => {
    expect(noted({ type: 'budget', used: 1, limit: 180, refused: 0, total: 1 })).toEqual([]);
    expect(
      noted({
        type: 'asked',
        symbols,
        feed: 'iex',
        from: minute,
        to: minute,
        askedAt: 0,
        settledThrough: minute,
      }),
    ).toEqual([]);
  });
});
