import { array, assert, constantFrom, integer, property, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox, type Parcel } from '../../src/fanout/outbox.ts';
import { Splice } from '../../src/fanout/splice.ts';
import { keyOf, type StreamItem, toItem } from '../../src/fanout/stream-item.ts';
import { Subscription } from '../../src/fanout/subscription.ts';
import { EncodedBatch } from '../../src/gateway/stream/encoded-batch.ts';
import { jsonCodec } from '../../src/gateway/stream/codec.ts';
import type { Bar } from '../../src/market/bar.ts';
import { bar } from '../gateway/support/world.ts';

const encode = (items: readonly StreamItem[]) => Buffer.from(JSON.stringify(items));
const parcelOf = (items: readonly StreamItem[]): Parcel => ({ items, data: encode(items) });

/** Deliveries of a few symbols over a few minutes: versions of each bar in order, each with its own values. */
const deliveries = array(tuple(constantFrom('A', 'B', 'C'), integer({ min: 0, max: 4 })), {
  maxLength: 60,
}).map((picks) => {
  const versions = new Map<string, number>();
  return picks.map(([name, count], at): Bar => {
    const version = (versions.get(`${name}${count}`) ?? 0) + 1;
    versions.set(`${name}${count}`, version);
    const type = version === 1 ? 'bar' : 'revision';
    return bar(name, count, { type, version, c: at + 1, receivedAt: 1_800_000_000_000 + at });
  });
});
const told = (items: readonly StreamItem[]) => items.map((item) => `${keyOf(item)}:${item.row.c}`);

describe('whatever is delivered', () => {
  it('a splice lets through each version once, wherever the replay and the bus are cut', () => {
    const cuts = record({
      committed: integer({ min: 0, max: 60 }),
      published: integer({ min: 0, max: 60 }),
      ended: integer({ min: 0, max: 60 }),
    });
    assert(
      property(deliveries, cuts, (bars, cut) => {
        // The store is never behind the bus; what was published before the replay began is only in the store.
        const committed = Math.min(cut.committed, bars.length);
        const published = Math.min(cut.published, committed);
        const ended = Math.max(Math.min(cut.ended, bars.length), published);
        const splice = new Splice({ startedAt: 1_800_000_000_000, encode });
        const replayed = bars.slice(0, committed).map(toItem);
        const got: StreamItem[] = [];
        for (const one of bars.slice(published, ended)) splice.hold(parcelOf([toItem(one)]));
        splice.replayed(replayed);
        got.push(...replayed, ...splice.finish().flatMap(({ items }) => items));
        for (const one of bars.slice(ended))
          got.push(...splice.pass(parcelOf([toItem(one)])).flatMap(({ items }) => items));
        expect(told(got)).toEqual(told(bars.map(toItem)));
      }),
    );
  });

  it('an outbox that is too full still ends every bar with its newest values, and keeps first sights first', () => {
    assert(
      property(deliveries, integer({ min: 300, max: 4000 }), (bars, limit) => {
        const outbox = new Outbox(limit, encode);
        const taken: StreamItem[] = [];
        for (const one of bars) {
          if (!outbox.push(parcelOf([toItem(one)]))) return;
          taken.push(toItem(one));
        }
        const sent: StreamItem[] = [];
        for (let next = outbox.shift(); next; next = outbox.shift()) {
          expect(next.data).toEqual(encode(next.items));
          sent.push(...next.items);
        }
        const ends = (items: readonly StreamItem[]) =>
          new Map(items.map((item) => [keyOf(item), item.row.c]));
        expect(ends(sent)).toEqual(ends(taken));
        const first = new Map<string, string>();
        for (const item of sent) if (!first.has(keyOf(item))) first.set(keyOf(item), item.kind);
        expect([...first.values()].every((kind) => kind === 'b')).toBe(true);
      }),
    );
  });

  it('frames hold exactly what a subscription names, in order', () => {
    const lists = record({
      bars: array(constantFrom('A', 'B', 'C', '*'), { maxLength: 2 }),
      updatedBars: array(constantFrom('A', 'B', 'C', '*'), { maxLength: 2 }),
    });
    assert(
      property(deliveries, lists, (bars, named) => {
        const items = bars.map(toItem);
        const parcels = new EncodedBatch(items).parcels(Subscription.none.with(named), jsonCodec);
        const wants = (list: readonly string[], name: string) => list.includes('*') || list.includes(name);
        const wanted = items.filter(({ kind, symbol }) =>
          wants(kind === 'b' ? named.bars : named.updatedBars, symbol),
        );
        expect(parcels.flatMap(({ items: own }) => own)).toEqual(wanted);
        const sent = parcels.flatMap(({ data }) => JSON.parse(data.toString()) as { S: string; c: number }[]);
        expect(sent.map(({ S, c }) => [S, c])).toEqual(wanted.map(({ symbol, row }) => [symbol, row.c]));
      }),
    );
  });
});
