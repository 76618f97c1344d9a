import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bar,
  type BarRow,
  sameValues,
  streamBarJson,
  streamKind,
  toStreamBar,
} from '../../src/market/bar.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { minuteOf } from '../../src/time/minute.ts';

const minute = minuteOf(Date.parse('2026-09-16T14:01:00Z'));
const row: BarRow = { minute, o: 214.88, h: 214.895, l: 214.555, c: 214.75, v: 5184, n: 82, vw: 214.743662 };
const bar: Bar = {
  ...row,
  type: 'bar',
  symbol: 'NVDA' as MarketSymbol,
  feed: 'iex',
  receivedAt: Date.parse('2026-09-16T14:02:01.612Z'),
  version: 1,
};

describe('toStreamBar', () => {
  it('writes a bar byte for byte as the stream of the service does', () => {
    expect(JSON.stringify(toStreamBar(bar))).toBe(
      '{"T":"b","S":"NVDA","o":214.88,"h":214.895,"l":214.555,"c":214.75,"v":5184,"t":"2026-09-16T14:01:00Z","n":82,"vw":214.743662}',
    );
  });

  it('marks a revision with u', () => {
    expect(toStreamBar({ ...bar, type: 'revision', version: 2 })).toEqual({ ...toStreamBar(bar), T: 'u' });
  });
});

describe('streamBarJson', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const values = fc.record({ o: number, h: number, l: number, c: number, v: number, n: number, vw: number });

  it('writes what JSON.stringify writes of toStreamBar, whatever the values', () => {
    fc.assert(
      fc.property(values, fc.string(), fc.constantFrom('bar', 'revision'), (some, name, type) => {
        const one: Bar = { ...bar, ...some, symbol: name as MarketSymbol, type };
        expect(streamBarJson(streamKind(one), one.symbol, one)).toBe(JSON.stringify(toStreamBar(one)));
      }),
    );
  });
});

describe('sameValues', () => {
  it('is true for equal rows and false when any value differs', () => {
    expect(sameValues(row, { ...row })).toBe(true);
    for (const key of ['o', 'h', 'l', 'c', 'v', 'n', 'vw'] as const)
      expect(sameValues(row, { ...row, [key]: row[key] + 1 })).toBe(false);
  });
});
