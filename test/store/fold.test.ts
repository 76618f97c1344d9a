import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { SymbolBar } from '../../src/store/bar-store.ts';
import { type DuckDbStore, openDuckDbStore } from '../../src/store/duckdb-store.ts';
import { importBars } from '../../src/store/import.ts';
import { parseTimeframe } from '../../src/store/timeframe.ts';
import { systemClock } from '../../src/time/affine-clock.ts';
import { addMinutes, minuteOf, startOf } from '../../src/time/minute.ts';
import { bar, minute, symbol } from './sample.ts';

const recorded = join(
  dirname(fileURLToPath(import.meta.url)),
  '../../../shared/data/minute-bars/special-days',
);
const absent = !existsSync(recorded);
if (absent)
  process.stderr.write(`the recorded minute bars are absent (${recorded}): their folds are not checked\n`);

const stores: DuckDbStore[] = [];
afterAll(async () => {
  for (const store of stores) await store.close();
});

async function memoryStore(): Promise<DuckDbStore> {
  const store = await openDuckDbStore({ path: ':memory:', clock: systemClock });
  stores.push(store);
  return store;
}

const newYork = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/New_York',
  dateStyle: 'short',
  timeStyle: 'medium',
  hourCycle: 'h23',
});

/** The fold as anyone would write it who had only the definition and a loop. */
class NaiveFold {
  readonly buckets = new Map<string, SymbolBar & { weighted: number }>();
  readonly #timeframe: string;
  readonly #midnights = new Map<string, number>();

  constructor(timeframe: string) {
    this.#timeframe = timeframe;
  }

  add(row: SymbolBar): void {
    const at = this.#bucket(startOf(row.minute));
    const key = `${row.symbol} ${at}`;
    const old = this.buckets.get(key);
    const weighted = row.vw * row.v + (old?.weighted ?? 0);
    const v = row.v + (old?.v ?? 0);
    this.buckets.set(key, {
      symbol: row.symbol,
      minute: minuteOf(at),
      o: old?.o ?? row.o,
      h: Math.max(row.h, old?.h ?? row.h),
      l: Math.min(row.l, old?.l ?? row.l),
      c: row.c,
      v,
      n: row.n + (old?.n ?? 0),
      vw: weighted / v,
      weighted,
    });
  }

  #bucket(ms: number): number {
    const minutes = { '5Min': 5, '15Min': 15, '30Min': 30, '1Hour': 60, '4Hour': 240 }[this.#timeframe];
    if (minutes) return ms - (ms % (minutes * 60_000));
    const date = newYork.format(ms).slice(0, 10);
    const known = this.#midnights.get(date);
    if (known !== undefined) return known;
    // Walk back minute by minute to the first one of the same date.
    let at = ms;
    while (newYork.format(at - 60_000).slice(0, 10) === date) at -= 60_000;
    this.#midnights.set(date, at);
    return at;
  }
}

async function foldedBy(store: DuckDbStore, timeframe: string): Promise<SymbolBar[]> {
  const window = { start: minute('2018-01-01T00:00Z'), end: minute('2026-12-31T00:00Z'), limit: 1_000_000 };
  return [...(await store.read({ ...window, timeframe: parseTimeframe(timeframe) })).bars];
}

function expectEqual(found: readonly SymbolBar[], naive: NaiveFold): void {
  const wanted = [...naive.buckets.values()].sort((a, b) =>
    a.symbol === b.symbol ? a.minute - b.minute : a.symbol < b.symbol ? -1 : 1,
  );
  expect(found.length).toBe(wanted.length);
  const exact = ({ symbol, minute, o, h, l, c, v, n }: SymbolBar) => ({ symbol, minute, o, h, l, c, v, n });
  expect(found.map(exact)).toEqual(wanted.map(exact));
  for (const [at, row] of found.entries()) {
    const { vw } = wanted[at] ?? row;
    expect(Math.abs(row.vw - vw)).toBeLessThanOrEqual(1e-9 * vw);
  }
}

const timeframes = ['5Min', '15Min', '30Min', '1Hour', '4Hour', '1Day'];

describe.skipIf(absent)(
  'bars folded from recorded minute bars of early closes and a daylight-saving weekend',
  () => {
    const loaded = (async () => {
      if (absent) return undefined;
      const store = await memoryStore();
      const rows: SymbolBar[] = [];
      for (const name of readdirSync(recorded)) {
        const file = join(recorded, name);
        await importBars(store, file, { feed: 'sip', clock: systemClock });
        const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n').slice(1);
        for (const line of lines) {
          const [name = '', t = '', ...values] = line.split(',');
          const [o = 0, h = 0, l = 0, c = 0, v = 0] = values.map(Number);
          rows.push({ symbol: symbol(name), minute: minute(t), o, h, l, c, v, n: 0, vw: c });
        }
      }
      return { store, rows: rows.sort((a, b) => a.minute - b.minute) };
    })();

    for (const timeframe of timeframes) {
      it(`are for ${timeframe} what a plain loop makes of them`, async () => {
        const data = await loaded;
        if (!data) throw new Error('nothing was loaded');
        expect(data.rows.length).toBeGreaterThan(10_000);
        const naive = new NaiveFold(timeframe);
        for (const row of data.rows) naive.add(row);
        expectEqual(await foldedBy(data.store, timeframe), naive);
      });
    }

    it('name a day by midnight in New York, before and after the clocks change', async () => {
      const data = await loaded;
      const page = await data?.store.read({
        symbols: [symbol('AAPL')],
        start: minute('2025-03-07T00:00Z'),
        end: minute('2025-03-11T00:00Z'),
        timeframe: parseTimeframe('1Day'),
        limit: 10,
      });
      expect(page?.bars.map((row) => row.minute)).toEqual(
        ['2025-03-07T05:00Z', '2025-03-10T04:00Z'].map(minute),
      );
    });
  },
);

describe('bars folded around the clock', () => {
  it('have a day of 25 hours when the clocks go back, and one of 23 when they go forward', async () => {
    const store = await memoryStore();
    for (const date of ['2025-11-02', '2025-03-09']) {
      const from = minute(`${date}T00:00Z`);
      const bars = Array.from({ length: 3 * 1_440 }, (_, at) =>
        bar({ symbol: symbol('BTC/USD'), feed: 'crypto', minute: addMinutes(from, at), v: 1 }),
      );
      await store.commit({ bars });
    }
    const days = await foldedBy(store, '1Day');
    const volumes = new Map(
      days.map((row) => [new Date(startOf(row.minute)).toISOString().slice(0, 16), row.v]),
    );
    expect(volumes.get('2025-11-02T04:00')).toBe(25 * 60);
    expect(volumes.get('2025-11-03T05:00')).toBe(24 * 60);
    expect(volumes.get('2025-03-09T05:00')).toBe(23 * 60);
  });

  it('page across buckets without cutting one', async () => {
    const store = await memoryStore();
    const from = minute('2026-01-14T14:00Z');
    const bars = ['A', 'B'].flatMap((name) =>
      Array.from({ length: 60 }, (_, at) =>
        bar({ symbol: symbol(name), minute: addMinutes(from, at), v: 1 }),
      ),
    );
    await store.commit({ bars });
    const query = { start: from, end: addMinutes(from, 59), timeframe: parseTimeframe('15Min'), limit: 3 };
    const first = await store.read(query);
    const second = await store.read({ ...query, ...(first.next ? { after: first.next } : {}) });
    const third = await store.read({ ...query, ...(second.next ? { after: second.next } : {}) });
    const all = [...first.bars, ...second.bars, ...third.bars];
    expect(all.map(({ symbol, minute, v }) => [symbol, minute - from, v])).toEqual(
      ['A', 'B'].flatMap((name) => [0, 15, 30, 45].map((at) => [name, at, 15])),
    );
    expect(third.next).toBeNull();
  });
});

describe('a timeframe', () => {
  it('is read in every spelling of the service', () => {
    const spellings = ['1Min', '59T', '1Hour', '23H', '1Day', '1D'];
    expect(spellings.map(parseTimeframe).map(({ unit, count }) => `${count} ${unit}`)).toEqual([
      '1 minute',
      '59 minute',
      '60 minute',
      '1380 minute',
      '1 day',
      '1 day',
    ]);
  });

  it('is refused when the service has none of that length', () => {
    for (const text of ['0Min', '60Min', '24Hour', '2Day', '30Sec', '1min', '', '1Week'])
      expect(() => parseTimeframe(text)).toThrow(/timeframe ".*": it has to be/);
  });
});
