import { describe, expect, it } from 'vitest';
import { Outbox } from '../../src/fanout/outbox.ts';
import type { BarKind, StreamItem } from '../../src/fanout/stream-item.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { EpochMinute } from '../../src/time/minute.ts';

function item(kind: BarKind, name: string, minute: number, c: number): StreamItem {
  const row = { minute: minute as EpochMinute, o: 1, h: 1, l: 1, c, v: 1, n: 1, vw: 1 };
  return { kind, symbol: name as MarketSymbol, row, receivedAt: c };
}

const encode = (items: readonly StreamItem[]) => Buffer.alloc(items.length * 10);
const parcel = (...items: StreamItem[]) => ({ items, data: encode(items) });
const rest = (outbox: Outbox) => {
  const all: string[] = [];
  for (let next = outbox.shift(); next; next = outbox.shift())
    all.push(next.items.map(({ kind, symbol, row }) => `${kind}${symbol}${row.minute}:${row.c}`).join(' '));
  return all;
};

describe('the outbox', () => {
  it('gives frames back in order and counts their bytes', () => {
    const outbox = new Outbox(1000, encode);
    expect(outbox.push(parcel(item('b', 'A', 1, 1)))).toBe(true);
    expect(outbox.push({ items: [], data: Buffer.alloc(7) })).toBe(true);
    expect(outbox.bytes).toBe(17);
    expect(rest(outbox)).toEqual(['bA1:1', '']);
    expect(outbox.bytes).toBe(0);
  });

  it('past its bound keeps one version of a bar: the newest, in the first place, as first sight', () => {
    const outbox = new Outbox(45, encode);
    outbox.push(parcel(item('b', 'A', 1, 1), item('b', 'B', 1, 1)));
    outbox.push(parcel(item('u', 'A', 1, 2)));
    outbox.push(parcel(item('u', 'A', 1, 3)));
    expect(outbox.push(parcel(item('b', 'A', 2, 4)))).toBe(true);
    expect(outbox.bytes).toBe(30);
    expect(outbox.conflated).toBe(2);
    expect(rest(outbox)).toEqual(['bA1:3 bB1:1', 'bA2:4']);
  });

  it('says that a client is too slow when conflating gains nothing', () => {
    const outbox = new Outbox(25, encode);
    expect(outbox.push(parcel(item('b', 'A', 1, 1)))).toBe(true);
    expect(outbox.push(parcel(item('b', 'A', 2, 1)))).toBe(true);
    expect(outbox.push(parcel(item('b', 'A', 3, 1)))).toBe(false);
  });

  it('never drops a control frame', () => {
    const outbox = new Outbox(45, encode);
    outbox.push({ items: [], data: Buffer.alloc(5) });
    for (let c = 1; c <= 4; c++) outbox.push(parcel(item('d', 'A', 0, c)));
    outbox.push(parcel(item('d', 'A', 0, 5)));
    expect(rest(outbox)[0]).toBe('');
    expect(outbox.conflated).toBeGreaterThan(0);
  });
});
