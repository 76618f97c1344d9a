import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger, type RowContext } from '../../src/ledger/ledger.ts';
import { type BarRow, sameValues } from '../../src/market/bar.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { EpochMinute } from '../../src/time/minute.ts';

const at = (minute: number) => minute as EpochMinute;
const apple = 'AAPL' as MarketSymbol;

function row(minute: number, close = 10): BarRow {
  return { minute: at(minute), o: 9, h: 11, l: 8, c: close, v: 100, n: 5, vw: 9.5 };
}

function context(openFrom: number, closedThrough: number): RowContext {
  return { feed: 'iex', receivedAt: 1_234, openFrom: at(openFrom), closedThrough: at(closedThrough) };
}

const always = context(0, 1_000_000);

describe('Ledger', () => {
  it('delivers a minute once, as a bar of version 1', () => {
    const ledger = new Ledger();
    expect(ledger.enter(apple, [row(5)], always)).toEqual([
      { ...row(5), type: 'bar', symbol: apple, feed: 'iex', receivedAt: 1_234, version: 1 },
    ]);
    expect(ledger.enter(apple, [row(5)], always)).toEqual([]);
    expect(ledger.enter(apple, [], always)).toEqual([]);
  });

  it('delivers each later difference as a revision of the next version, also one that turns back', () => {
    const ledger = new Ledger();
    const versions = [10, 11, 11, 10].map((close) =>
      ledger.enter(apple, [row(5, close)], always).map(({ type, version, c }) => [type, version, c]),
    );
    expect(versions).toEqual([[['bar', 1, 10]], [['revision', 2, 11]], [], [['revision', 3, 10]]]);
  });

  it('sees a difference in every one of the values', () => {
    for (const key of ['o', 'h', 'l', 'c', 'v', 'n', 'vw'] as const) {
      const ledger = new Ledger();
      ledger.enter(apple, [row(5)], always);
      const changed = { ...row(5), [key]: 77 };
      expect(ledger.enter(apple, [changed], always)).toMatchObject([{ type: 'revision', [key]: 77 }]);
    }
  });

  it('leaves minutes before the watermark and minutes that still form alone', () => {
    const ledger = new Ledger();
    const rows = [row(3), row(4), row(5), row(6), row(7)];
    const delivered = ledger.enter(apple, rows, context(4, 6)).map((bar) => bar.minute);
    expect(delivered).toEqual([4, 5, 6]);
    expect(ledger.has(apple, at(3))).toBe(false);
    expect(ledger.has(apple, at(7))).toBe(false);
  });

  it('takes a late minute in between known ones without delivering those again', () => {
    const ledger = new Ledger();
    ledger.enter(apple, [row(4), row(6)], always);
    const delivered = ledger.enter(apple, [row(4), row(5), row(6)], always);
    expect(delivered).toMatchObject([{ type: 'bar', minute: 5, version: 1 }]);
    expect(ledger.size).toBe(3);
  });

  it('keeps what an answer that leaves it out does not mention', () => {
    const ledger = new Ledger();
    ledger.enter(apple, [row(4), row(5), row(6)], always);
    ledger.enter(apple, [row(5, 12)], always);
    expect(ledger.get(apple, at(4))).toEqual(row(4));
    expect(ledger.get(apple, at(5))).toEqual(row(5, 12));
    expect(ledger.get(apple, at(6))).toEqual(row(6));
  });

  it('knows symbols apart', () => {
    const ledger = new Ledger();
    ledger.enter(apple, [row(4)], always);
    expect(ledger.enter('MSFT' as MarketSymbol, [row(4)], always)).toMatchObject([{ type: 'bar' }]);
    ledger.forget(apple, at(5));
    expect(ledger.has('MSFT' as MarketSymbol, at(4))).toBe(true);
    expect(ledger.has(apple, at(4))).toBe(false);
    expect(ledger.size).toBe(1);
  });

  it('forgets minutes before one, not the one itself', () => {
    const ledger = new Ledger();
    ledger.enter(apple, [row(4), row(5)], always);
    ledger.forget(apple, at(5));
    expect([ledger.has(apple, at(4)), ledger.has(apple, at(5))]).toEqual([false, true]);
    ledger.forget('NONE' as MarketSymbol, at(5));
    expect(ledger.size).toBe(1);
  });
});

const minutes = 12;
const symbols = ['A', 'B'].map((name) => name as MarketSymbol);
const rows = fc
  .uniqueArray(fc.integer({ min: 0, max: minutes }), { maxLength: minutes })
  .chain((list) =>
    fc.tuple(
      ...list
        .toSorted((x, y) => x - y)
        .map((minute) => fc.integer({ min: 1, max: 3 }).map((close) => row(minute, close))),
    ),
  );
const symbol = fc.constantFrom(...symbols);
const minute = fc.integer({ min: 0, max: minutes });
const enter = fc.record({ kind: fc.constant('enter' as const), symbol, rows, open: minute, closed: minute });
const forget = fc.record({ kind: fc.constant('forget' as const), symbol, before: minute });

/** The ledger as anyone would write it first. */
class NaiveLedger {
  readonly known = new Map<string, { row: BarRow; version: number }>();

  enter(symbol: string, list: readonly BarRow[], open: number, closed: number): [number, number, number][] {
    const out: [number, number, number][] = [];
    for (const one of list) {
      const key = `${symbol} ${one.minute}`;
      const old = this.known.get(key);
      if (one.minute < open || one.minute > closed) continue;
      if (old && sameValues(old.row, one)) continue;
      const version = old ? old.version + 1 : 1;
      this.known.set(key, { row: one, version });
      out.push([one.minute, version, one.c]);
    }
    return out;
  }

  forget(symbol: string, before: number): void {
    for (let past = 0; past < before; past++) this.known.delete(`${symbol} ${past}`);
  }
}

describe('Ledger beside a naive one', () => {
  it('delivers the same, in the same order, and remembers the same', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: enter }, forget), { maxLength: 40 }), (steps) => {
        const ledger = new Ledger();
        const naive = new NaiveLedger();
        for (const step of steps) {
          if (step.kind === 'forget') {
            ledger.forget(step.symbol, at(step.before));
            naive.forget(step.symbol, step.before);
          } else {
            const bars = ledger.enter(step.symbol, step.rows, context(step.open, step.closed));
            expect(bars.map((bar) => [bar.minute, bar.version, bar.c])).toEqual(
              naive.enter(step.symbol, step.rows, step.open, step.closed),
            );
            for (const bar of bars) {
              expect(bar.type).toBe(bar.version === 1 ? 'bar' : 'revision');
              expect(bar.symbol).toBe(step.symbol);
            }
          }
          expect(ledger.size).toBe(naive.known.size);
          for (const one of symbols)
            for (let past = 0; past <= minutes; past++)
              expect(ledger.get(one, at(past))).toEqual(naive.known.get(`${one} ${past}`)?.row);
        }
      }),
      { numRuns: 200 },
    );
  });
});
