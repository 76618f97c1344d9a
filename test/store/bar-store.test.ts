import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Bar } from '../../src/market/bar.ts';
import type { StoredDay } from '../../src/store/bar-store.ts';
import { type DuckDbStore, openDuckDbStore } from '../../src/store/duckdb-store.ts';
import { parseTimeframe } from '../../src/store/timeframe.ts';
import { systemClock } from '../../src/time/affine-clock.ts';
import { addMinutes } from '../../src/time/minute.ts';
import { bar, cycle, minute, opening, symbol } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-store-'));
let files = 0;

const adapters: Record<string, () => Promise<DuckDbStore>> = {
  'in memory': () => openDuckDbStore({ path: ':memory:', clock: systemClock }),
  'in a file': () => openDuckDbStore({ path: join(folder, `new/${files++}.duckdb`), clock: systemClock }),
};

const open: DuckDbStore[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const aapl = symbol('AAPL');
const msft = symbol('MSFT');
const later = (by: number) => addMinutes(opening, by);
const everything = { start: later(-10_000), end: later(10_000), limit: 10_000 };
const pricesOf = (bars: readonly Bar[]) => bars.map(({ version, feed, c }) => ({ version, feed, c }));

async function chunksOf(replay: AsyncIterable<readonly Bar[]>): Promise<(readonly Bar[])[]> {
  const chunks: (readonly Bar[])[] = [];
  for await (const chunk of replay) chunks.push(chunk);
  return chunks;
}

for (const [name, make] of Object.entries(adapters)) {
  describe(`a store ${name}`, () => {
    const opened = async () => {
      const store = await make();
      open.push(store);
      return store;
    };

    it('gives back every value of a bar as it came, unrounded', async () => {
      const store = await opened();
      const odd = bar({
        symbol: symbol('BTC/USD'),
        o: 0.1 + 0.2,
        v: 0.000000123,
        n: 0,
        feed: 'crypto',
        receivedAt: 1_768_400_000_123.5,
      });
      await store.commit({ bars: [odd, bar()] });
      expect(await store.latest()).toEqual([bar(), odd]);
    });

    it('keeps a revision as the newest version and the one before in the history', async () => {
      const store = await opened();
      expect(await store.commit({ bars: [bar({ c: 100 })] })).toEqual({
        added: 1,
        revised: 0,
        late: 0,
        unchanged: 0,
      });
      const result = await store.commit({ bars: [bar({ c: 101 }), bar({ minute: later(1) })] });
      expect(result).toEqual({ added: 1, revised: 1, late: 0, unchanged: 0 });
      const page = await store.read({ ...everything, end: opening });
      expect(page.bars.map(({ c }) => c)).toEqual([101]);
      expect(pricesOf(await store.versions(aapl, opening))).toEqual([
        { version: 1, feed: 'iex', c: 100 },
        { version: 2, feed: 'iex', c: 101 },
      ]);
    });

    it('makes no version of a bar that says the same from the same feed', async () => {
      const store = await opened();
      await store.commit({ bars: [bar()] });
      const again = bar({ receivedAt: bar().receivedAt + 60_000, version: 7, type: 'revision' });
      expect(await store.commit({ bars: [again] })).toMatchObject({ unchanged: 1, revised: 0 });
      expect(await store.versions(aapl, opening)).toEqual([bar()]);
    });

    it('takes several versions of one minute in one batch, in the order of their arrival', async () => {
      const store = await opened();
      const result = await store.commit({
        bars: [bar({ c: 1 }), bar({ c: 2 }), bar({ c: 2 }), bar({ c: 1 })],
      });
      expect(result).toEqual({ added: 1, revised: 2, late: 0, unchanged: 1 });
      expect((await store.versions(aapl, opening)).map(({ c }) => c)).toEqual([1, 2, 1]);
    });

    it('puts a consolidated bar over one of a single venue, also when the values are equal', async () => {
      const store = await opened();
      await store.commit({ bars: [bar()] });
      expect(await store.commit({ bars: [bar({ feed: 'sip' })] })).toMatchObject({ revised: 1 });
      expect((await store.latest([aapl])).map(({ feed, version }) => ({ feed, version }))).toEqual([
        { feed: 'sip', version: 2 },
      ]);
    });

    it('keeps a late bar of a single venue in the history only, and once', async () => {
      const store = await opened();
      await store.commit({ bars: [bar({ feed: 'sip', c: 10 })] });
      const late = bar({ feed: 'iex', c: 11 });
      expect(await store.commit({ bars: [late] })).toMatchObject({ late: 1, added: 0, revised: 0 });
      expect(await store.commit({ bars: [late] })).toMatchObject({ late: 0, unchanged: 1 });
      expect((await store.latest([aapl]))[0]).toMatchObject({ feed: 'sip', c: 10, version: 1 });
      await store.commit({ bars: [bar({ feed: 'sip', c: 12 })] });
      expect(pricesOf(await store.versions(aapl, opening))).toEqual([
        { version: 1, feed: 'sip', c: 10 },
        { version: 2, feed: 'iex', c: 11 },
        { version: 3, feed: 'sip', c: 12 },
      ]);
    });

    it('answers what was known at an instant in one query', async () => {
      const store = await opened();
      const at = (iso: string) => Date.parse(iso);
      await store.commit({ bars: [bar({ c: 1, receivedAt: at('2026-01-14T20:49:02Z') })] });
      await store.commit({ bars: [bar({ c: 2, receivedAt: at('2026-01-14T20:50:03.001Z') })] });
      await store.commit({ bars: [bar({ c: 3, feed: 'sip', receivedAt: at('2026-01-14T21:06:00Z') })] });
      const known = (instant: string) =>
        store.withReader(async (reader) => {
          const rows = await reader.runAndReadAll(
            `SELECT c FROM bars_as_of('${instant}') WHERE symbol = 'AAPL'`,
          );
          return rows.getRows().flat();
        });
      expect(await known('2026-01-14 15:49:00-05')).toEqual([]);
      expect(await known('2026-01-14 15:50:03-05')).toEqual([1]);
      expect(await known('2026-01-14 15:50:04-05')).toEqual([2]);
      expect(await known('2026-01-14 16:06:00-05')).toEqual([3]);
    });

    it('pages by symbol and then time, and the pages joined are everything once', async () => {
      const store = await opened();
      for (let at = 0; at < 5; at++) await store.commit({ bars: cycle(7, later(at)) });
      for (const sort of ['asc', 'desc'] as const) {
        const keys: string[] = [];
        let after: { symbol: typeof aapl; minute: typeof opening } | undefined;
        for (;;) {
          const page = await store.read({ ...everything, sort, limit: 4, ...(after ? { after } : {}) });
          expect(page.bars.length).toBeLessThanOrEqual(4);
          keys.push(...page.bars.map((row) => `${row.symbol} ${row.minute}`));
          if (!page.next) break;
          after = page.next;
        }
        const minutes = [0, 1, 2, 3, 4].map(later);
        if (sort === 'desc') minutes.reverse();
        const wanted = [0, 1, 2, 3, 4, 5, 6].flatMap((s) => minutes.map((at) => `S${s} ${at}`));
        expect(keys).toEqual(wanted);
      }
    });

    it('reads only the window and the symbols that were asked for', async () => {
      const store = await opened();
      for (let at = 0; at < 4; at++) await store.commit({ bars: cycle(3, later(at)) });
      const symbols = [symbol('S2'), symbol('S0'), symbol('ABSENT')];
      const page = await store.read({ symbols, start: later(1), end: later(2), limit: 100 });
      expect(page.next).toBeNull();
      expect(page.bars.map((row) => [row.symbol, row.minute - opening])).toEqual([
        ['S0', 1],
        ['S0', 2],
        ['S2', 1],
        ['S2', 2],
      ]);
      expect(await store.read({ ...everything, symbols: [] })).toEqual({ bars: [], next: null });
    });

    it('finds the latest bar of a symbol that has had none for days', async () => {
      const store = await opened();
      await store.commit({
        bars: [bar({ symbol: msft, minute: later(-5_000) }), bar({ symbol: msft, minute: later(-6_000) })],
      });
      await store.commit({ bars: [bar(), bar({ symbol: symbol('ZZZ') }), bar({ minute: later(-1) })] });
      const minutes = async (symbols?: (typeof aapl)[]) =>
        (await store.latest(symbols)).map((row) => [row.symbol, row.minute - opening]);
      expect(await minutes([msft, aapl, symbol('ABSENT')])).toEqual([
        ['AAPL', 0],
        ['MSFT', -5_000],
      ]);
      expect(await minutes()).toEqual([
        ['AAPL', 0],
        ['MSFT', -5_000],
        ['ZZZ', 0],
      ]);
      expect(await minutes([])).toEqual([]);
    });

    it('replays every version by minute, symbol and version, over nights, in chunks of whole minutes', async () => {
      const store = await opened();
      expect(await chunksOf(store.replay({ start: opening }))).toEqual([]);
      for (const at of [0, 1, 2, 3_000]) await store.commit({ bars: cycle(5_000, later(at)) });
      await store.commit({ bars: [bar({ symbol: symbol('S1'), minute: later(1), feed: 'sip' })] });
      const chunks = await chunksOf(store.replay({ start: later(1) }));
      expect(chunks.length).toBeGreaterThan(1);
      const all = chunks.flat();
      expect(all).toHaveLength(15_001);
      const key = (row: Bar) => [row.minute, row.symbol, row.version] as const;
      const order = (a: Bar, b: Bar) =>
        a.minute - b.minute || (a.symbol === b.symbol ? a.version - b.version : a.symbol < b.symbol ? -1 : 1);
      expect(all.map(key)).toEqual(all.toSorted(order).map(key));
      const one = await chunksOf(store.replay({ start: opening, end: later(1), symbols: [symbol('S1')] }));
      expect(one.flat().map(({ minute, version, type }) => [minute - opening, version, type])).toEqual([
        [0, 1, 'bar'],
        [1, 1, 'bar'],
        [1, 2, 'revision'],
      ]);
    });

    it('replays the newest version last, also when a lesser feed came after it', async () => {
      const store = await opened();
      await store.commit({ bars: [bar({ feed: 'sip' })] });
      await store.commit({ bars: [bar({ c: 90 })] });
      const all = (await chunksOf(store.replay({ start: opening }))).flat();
      expect(all.map(({ feed, version }) => [feed, version])).toEqual([
        ['iex', 2],
        ['sip', 1],
      ]);
    });

    it('watches a symbol anew that goes and comes back in one batch', async () => {
      const store = await opened();
      await store.commit({ watch: [{ symbols: [aapl], since: opening }] });
      await store.commit({ unwatch: [aapl], watch: [{ symbols: [aapl], since: later(9) }] });
      expect(store.memory.watchedSince.get(aapl)).toBe(later(9));
      const rows = await store.withReader((reader) => reader.runAndReadAll('SELECT symbol FROM watch'));
      expect(rows.getRows()).toEqual([['AAPL']]);
    });

    it('marks the minutes that have a bar', async () => {
      const store = await opened();
      const at = [0, 1, 8, 9, 18].map(later);
      await store.commit({ bars: at.map((when) => bar({ minute: when })) });
      await store.commit({
        bars: [bar({ symbol: msft, minute: later(-1) }), bar({ symbol: msft, minute: later(19) })],
      });
      const marks = await store.marks({ from: opening, to: later(19) });
      expect([...marks.keys()]).toEqual(['AAPL']);
      expect([...(marks.get(aapl) ?? [])]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    });

    it('folds a bucket from all of its minutes, also those after the end of the window', async () => {
      const store = await opened();
      const rows = [
        bar({ minute: minute('2026-01-14T14:30:00Z'), o: 1, h: 5, l: 0.5, c: 2, v: 10, n: 1, vw: 1 }),
        bar({ minute: minute('2026-01-14T14:34:00Z'), o: 3, h: 4, l: 1, c: 3.5, v: 30, n: 2, vw: 2 }),
        bar({ minute: minute('2026-01-14T14:35:00Z'), o: 9, h: 9, l: 9, c: 9, v: 0, n: 0, vw: 9 }),
      ];
      await store.commit({ bars: rows });
      const window = { start: opening, end: opening, limit: 10 };
      const five = await store.read({ ...window, timeframe: parseTimeframe('5Min') });
      expect(five.bars).toEqual([
        { symbol: 'AAPL', minute: opening, o: 1, h: 5, l: 0.5, c: 3.5, v: 40, n: 3, vw: 1.75 },
      ]);
      const still = await store.read({
        ...window,
        end: later(5),
        start: later(5),
        timeframe: parseTimeframe('5T'),
      });
      expect(still.bars[0]).toMatchObject({ v: 0, vw: 9 });
      const day = await store.read({ ...window, start: later(-2_000), timeframe: parseTimeframe('1Day') });
      expect(day.bars).toMatchObject([{ minute: minute('2026-01-14T05:00:00Z'), o: 1, c: 9 }]);
    });

    it('keeps coverage, quarantine, seals and the calendar in the same commit as the bars', async () => {
      const store = await opened();
      const day: StoredDay = {
        date: '2026-01-14',
        sessionOpen: minute('2026-01-14T09:00:00Z'),
        open: opening,
        close: minute('2026-01-14T21:00:00Z'),
        sessionClose: minute('2026-01-15T01:00:00Z'),
      };
      const refused = { symbol: symbol('BAD-1'), reason: 'invalid symbol', since: 1_000, nextLook: 2_000 };
      const seal = { minute: opening, sealedAt: 5_000, bars: 1, quiet: 1 };
      await store.commit({
        bars: [bar()],
        advances: [{ feed: 'iex', symbols: [aapl, msft], from: opening, to: later(1) }],
        quarantine: [refused, { ...refused, symbol: symbol('BAD-2') }],
        seals: [seal, { ...seal, minute: later(-1) }],
        calendar: [day],
        universe: [{ at: 1, symbol: msft, change: 'listed', detail: '' }],
      });
      await store.commit({ release: [symbol('BAD-2')] });
      const { account, quarantine, calendar, lastSeal } = store.memory;
      expect(account.gaps(msft, { from: opening, to: later(2) })).toEqual([{ from: later(1), to: later(2) }]);
      expect([...quarantine.values()]).toEqual([refused]);
      expect(calendar).toEqual([day]);
      expect(lastSeal).toEqual(seal);
    });

    it('keeps nothing of a batch that fails, and works on', async () => {
      const store = await opened();
      const broken = bar({ minute: later(1), n: 'seventeen' as unknown as number });
      await expect(
        store.commit({
          bars: [bar(), broken],
          advances: [{ feed: 'iex', symbols: [aapl], from: opening, to: later(1) }],
        }),
      ).rejects.toMatchObject({ code: 'store' });
      expect(await store.latest()).toEqual([]);
      expect(store.memory.account.covers(aapl, opening)).toBe(false);
      await store.commit({ bars: [bar()] });
      expect(await store.latest()).toEqual([bar()]);
    });

    it('does commits that were started together one after the other', async () => {
      const store = await opened();
      await Promise.all([3, 1, 2].map((c) => store.commit({ bars: [bar({ c })] })));
      expect((await store.versions(aapl, opening)).map(({ c }) => c)).toEqual([3, 1, 2]);
    });

    it('refuses work after it was closed, and closes twice without a word', async () => {
      const store = await opened();
      await store.close();
      await store.close();
      await expect(store.commit({ bars: [bar()] })).rejects.toThrow(/is closed/);
      await expect(store.latest()).rejects.toThrow(/is closed/);
    });
  });
}

describe('a large commit', () => {
  it('gives back every bar, also where one chunk of rows ends and the next begins', async () => {
    const store = await openDuckDbStore({ path: ':memory:', clock: systemClock });
    open.push(store);
    const bars = cycle(5_000, opening).map((one, at) => ({ ...one, receivedAt: one.receivedAt + (at % 3) }));
    expect(await store.commit({ bars })).toMatchObject({ added: 5_000 });
    const bySymbol = (a: Bar, b: Bar) => (a.symbol < b.symbol ? -1 : 1);
    expect((await store.latest()).sort(bySymbol)).toEqual(bars.sort(bySymbol));
    expect(await store.commit({ bars })).toEqual({ added: 0, revised: 0, late: 0, unchanged: 5_000 });
  });

  it('leaves no rows behind in memory, however many there were before', async () => {
    const store = await openDuckDbStore({ path: join(folder, 'stage.duckdb'), clock: systemClock });
    open.push(store);
    const staged = () =>
      store.withReader(async (reader) => {
        const rows = await reader.runAndReadAll(
          `SELECT sum(memory_usage_bytes + temporary_storage_bytes)::DOUBLE FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'`,
        );
        return Number(rows.getRows()[0]?.[0]);
      });
    const writeAndRevise = async (at: number) => {
      await store.commit({ bars: cycle(5_000, later(at)) });
      await store.commit({ bars: cycle(5_000, later(at), 1) });
      await store.commit({ bars: cycle(5_000, later(at), 1) });
    };
    await writeAndRevise(0);
    const atFirst = await staged();
    for (let at = 1; at <= 25; at++) await writeAndRevise(at);
    expect(await staged()).toBeLessThan(atFirst * 3);
  });
});

describe('a store that is opened again', () => {
  it('knows its bars, coverage, quarantine, seals and calendar', async () => {
    const path = join(folder, 'again.duckdb');
    const first = await openDuckDbStore({ path, clock: systemClock });
    const groups = [[aapl, msft], [msft, aapl], [msft]];
    for (let at = 0; at < 6; at++) {
      const symbols = groups[at % 3] ?? [];
      await first.commit({
        bars: [bar({ minute: later(at) })],
        advances: [{ feed: at % 2 ? 'sip' : 'iex', symbols, from: later(at), to: later(at + 1) }],
        seals: [{ minute: later(at), sealedAt: at, bars: 1, quiet: 1 }],
      });
    }
    const before = [...first.memory.account.entries()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    await first.close();
    const second = await openDuckDbStore({ path, clock: systemClock });
    open.push(second);
    const after = [...second.memory.account.entries()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    expect(after).toEqual(before);
    expect(second.memory.lastSeal?.minute).toBe(later(5));
    expect((await second.read(everything)).bars).toHaveLength(6);
    await second.commit({
      advances: [{ feed: 'iex', symbols: [symbol('NEW')], from: opening, to: later(1) }],
    });
    const groupIds = await second.withReader(async (reader) =>
      (await reader.runAndReadAll('SELECT id FROM symbol_groups ORDER BY id')).getRows().flat(),
    );
    expect(groupIds).toEqual([1, 2, 3]);
  });
});

describe('the account on the disk', () => {
  it('stays a few rows however many minutes pass, and is the same after another opening', async () => {
    const path = join(folder, 'coverage.duckdb');
    const store = await openDuckDbStore({ path, clock: systemClock });
    const groups = Array.from({ length: 50 }, (_, group) =>
      Array.from({ length: 20 }, (_, at) => symbol(`G${group}-${at}`)),
    );
    for (let at = 0; at < 90; at++) {
      await store.commit({
        advances: groups.map((symbols) => ({
          feed: 'iex' as const,
          symbols,
          from: later(at),
          to: later(at + 1),
        })),
      });
    }
    const sizes =
      'SELECT (SELECT count(*) FROM coverage_log)::INTEGER, (SELECT count(*) FROM symbol_groups)::INTEGER';
    const rows = await store.withReader(
      async (reader) => (await reader.runAndReadAll(sizes)).getRows()[0] ?? [],
    );
    // 4,500 advances were entered; the log is merged each time it is over 2,000 rows long.
    expect(Number(rows[0])).toBeLessThan(2_000);
    expect(Number(rows[1])).toBeLessThanOrEqual(51);
    await store.close();
    const again = await openDuckDbStore({ path, clock: systemClock });
    open.push(again);
    const entries = [...again.memory.account.entries()];
    expect(entries).toHaveLength(1_000);
    for (const { stretches } of entries) expect(stretches).toEqual([{ from: opening, to: later(90) }]);
    const hole = { from: later(100), to: later(101) };
    await again.commit({ advances: [{ feed: 'iex', symbols: groups[3] ?? [], ...hole }] });
    const view = await again.withReader(async (reader) =>
      (
        await reader.runAndReadAll(
          `SELECT count(DISTINCT symbol)::INTEGER FROM coverage WHERE from_minute >= '2026-01-14 16:10:00Z'`,
        )
      ).getRows(),
    );
    expect(view).toEqual([[20]]);
  });
});
