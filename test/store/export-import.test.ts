import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, describe, expect, it } from 'vitest';
import type { Bar } from '../../src/market/bar.ts';
import { type DuckDbStore, openDuckDbStore } from '../../src/store/duckdb-store.ts';
import { barColumns, toBar } from '../../src/store/duckdb-value.ts';
import { exportBars } from '../../src/store/export.ts';
import { importBars } from '../../src/store/import.ts';
import { systemClock } from '../../src/time/affine-clock.ts';
import { addMinutes } from '../../src/time/minute.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';
import { bar, cycle, minute, opening, symbol } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-export-'));
const stores: DuckDbStore[] = [];
afterAll(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function memoryStore(): Promise<DuckDbStore> {
  const store = await openDuckDbStore({ path: ':memory:', clock: systemClock });
  stores.push(store);
  return store;
}

/** A stream that takes one piece at a time, and counts what it holds at most. */
class Slow extends Writable {
  text = '';
  mostHeld = 0;

  constructor() {
    super({ highWaterMark: 1_024, decodeStrings: false });
  }

  override _write(piece: string, _encoding: BufferEncoding, done: () => void): void {
    this.mostHeld = Math.max(this.mostHeld, this.writableLength);
    this.text += piece;
    setImmediate(done);
  }
}

const window = { from: minute('2026-01-01T00:00Z'), to: minute('2026-02-01T00:00Z') };

async function filled(): Promise<DuckDbStore> {
  const store = await memoryStore();
  for (let at = 0; at < 4; at++) await store.commit({ bars: cycle(1_500, addMinutes(opening, at)) });
  const revised = bar({ symbol: symbol('S7'), c: 0.1 + 0.2, vw: 1e-7, receivedAt: 1_768_400_000_123.25 });
  await store.commit({ bars: [revised, bar({ symbol: symbol('S7'), feed: 'sip' })] });
  const lateEvening = bar({
    symbol: symbol('BTC/USD'),
    minute: minute('2026-01-15T03:00Z'),
    v: 0.25,
    feed: 'crypto',
  });
  await store.commit({ bars: [lateEvening, { ...lateEvening, minute: minute('2026-01-15T05:00Z') }] });
  return store;
}

/** The newest bar of each minute, without its number, which an import gives anew. */
async function allBars(store: DuckDbStore): Promise<Omit<Bar, 'version' | 'type'>[]> {
  const result = await store.withReader((reader) =>
    reader.runAndReadAll(`SELECT ${barColumns} FROM bars ORDER BY symbol, bars.minute`),
  );
  return result.getRows().map((row) => {
    const { version: _version, type: _type, ...rest } = toBar(row);
    return rest;
  });
}

describe('an export', () => {
  it('has as NDJSON one line of the stream for each newest bar, by symbol and time', async () => {
    const store = await filled();
    const out = new Slow();
    const result = await exportBars(store, window, { format: 'ndjson', to: out });
    const lines = out.text.trimEnd().split('\n');
    expect(result).toEqual({ bars: 6_002, files: [] });
    expect(lines).toHaveLength(6_002);
    expect(lines[0]).toMatch(
      /^\{"T":"b","S":"BTC\/USD","o":.*,"v":0.25,"t":"2026-01-15T03:00:00Z","n":17,"vw":.*\}$/,
    );
    const keys = lines
      .map((line) => JSON.parse(line) as { S: string; t: string })
      .map(({ S, t }) => `${S} ${t}`);
    expect(keys).toEqual([...new Set(keys)].sort());
    const open = out.write('still open');
    expect(typeof open).toBe('boolean');
  });

  it('waits for a slow reader', async () => {
    const store = await filled();
    const out = new Slow();
    await exportBars(store, window, { format: 'ndjson', to: out });
    // One piece is a chunk of the database (2,048 rows); all of them together would be three times that.
    expect(out.mostHeld).toBeLessThan(out.text.length / 2);
  });

  it('takes only the window and symbols that were asked for', async () => {
    const store = await filled();
    const out = new Slow();
    const range = {
      from: addMinutes(opening, 1),
      to: addMinutes(opening, 3),
      symbols: [symbol('S1'), symbol('S2')],
    };
    await exportBars(store, range, { format: 'csv', to: out });
    const lines = out.text.trimEnd().split('\n');
    expect(lines[0]).toBe('symbol,minute,o,h,l,c,v,n,vw,feed,received_at,version');
    expect(lines.slice(1).map((line) => line.split(',').slice(0, 2))).toEqual([
      ['S1', '2026-01-14T14:31:00Z'],
      ['S1', '2026-01-14T14:32:00Z'],
      ['S2', '2026-01-14T14:31:00Z'],
      ['S2', '2026-01-14T14:32:00Z'],
    ]);
  });

  it('puts Parquet into one file for each date of New York, which any engine can read', async () => {
    const store = await filled();
    const target = join(folder, `it's parquet`);
    const result = await exportBars(store, window, { format: 'parquet', folder: target });
    expect(result.bars).toBe(6_002);
    expect(readdirSync(target)).toEqual(['date=2026-01-14', 'date=2026-01-15']);
    expect(readdirSync(join(target, 'date=2026-01-14'))).toEqual(['bars.parquet']);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const glob = join(target, '**/*.parquet').replaceAll("'", "''");
    const rows = await connection.runAndReadAll(
      `SELECT date::VARCHAR, count(*)::INTEGER, min(epoch_ms(minute))::DOUBLE FROM read_parquet('${glob}', hive_partitioning = true) GROUP BY ALL ORDER BY ALL`,
    );
    expect(rows.getRows()).toEqual([
      ['2026-01-14', 6_001, Date.parse('2026-01-14T14:30Z')],
      ['2026-01-15', 1, Date.parse('2026-01-15T05:00Z')],
    ]);
    connection.closeSync();
    instance.closeSync();
  });

  it('stops when the signal fires', async () => {
    const store = await filled();
    const stop = new AbortController();
    stop.abort();
    const range = { ...window, signal: stop.signal };
    await expect(exportBars(store, range, { format: 'ndjson', to: new Slow() })).rejects.toMatchObject({
      code: 'aborted',
    });
    const late = new AbortController();
    const stopping = new Slow();
    const running = exportBars(store, { ...window, signal: late.signal }, { format: 'ndjson', to: stopping });
    late.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
  });

  it('passes on the fault of its stream, and names the file that it cannot write', async () => {
    const store = await filled();
    const broken = new Writable({
      write: (_piece, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    });
    await expect(exportBars(store, window, { format: 'csv', to: broken })).rejects.toMatchObject({
      code: 'EPIPE',
    });
    const file = join(folder, 'occupied');
    writeFileSync(file, '');
    const parquet = exportBars(store, window, { format: 'parquet', folder: file });
    await expect(parquet).rejects.toThrow(/the export to .*occupied.*bars\.parquet failed/);
    expect(await store.latest([symbol('S1')])).toHaveLength(1);
  });
});

describe('an export that is imported', () => {
  const clock = new SteppedClock(Date.parse('2026-03-01T00:00Z'));

  it('gives the same bars from CSV and from Parquet, with feed and time of receipt', async () => {
    const store = await filled();
    const wanted = await allBars(store);
    const csv = new Slow();
    await exportBars(store, window, { format: 'csv', to: csv });
    const file = join(folder, 'round.csv.gz');
    writeFileSync(file, gzipSync(csv.text));
    const target = join(folder, 'round');
    await exportBars(store, window, { format: 'parquet', folder: target });
    for (const source of [file, target, join(target, 'date=2026-01-14/bars.parquet')]) {
      const copy = await memoryStore();
      const result = await importBars(copy, source, { feed: 'otc', clock });
      const whole = !source.endsWith('.parquet');
      expect(result.added).toBe(whole ? 6_002 : 6_001);
      const bars = await allBars(copy);
      expect(bars).toEqual(
        whole ? wanted : wanted.filter((row) => row.minute !== minute('2026-01-15T05:00Z')),
      );
    }
  });

  it('gives the same values from NDJSON, with the feed that was named, and twice is once', async () => {
    const store = await filled();
    const out = new Slow();
    await exportBars(store, window, { format: 'ndjson', to: out });
    const file = join(folder, 'round.ndjson');
    writeFileSync(file, out.text);
    const copy = await memoryStore();
    await importBars(copy, file, { feed: 'sip', clock });
    const values = (rows: Awaited<ReturnType<typeof allBars>>) =>
      rows.map(({ feed: _feed, receivedAt: _receivedAt, ...rest }) => rest);
    expect(values(await allBars(copy))).toEqual(values(await allBars(store)));
    expect((await copy.latest())[0]).toMatchObject({ feed: 'sip', receivedAt: clock.now() });
    expect(await importBars(copy, file, { feed: 'sip', clock })).toMatchObject({
      added: 0,
      unchanged: 6_002,
    });
  });
});

describe('an import', () => {
  const head = 'symbol,t,o,h,l,c,v\n';
  const good = 'AAPL,2026-01-14T14:30:00Z,1,2,0.5,1.5,100\n';
  const faults: Record<string, [name: string, text: string, message: RegExp]> = {
    'a price that is no number': [
      'a.csv',
      `${head}${good}AAPL,2026-01-14T14:31:00Z,x,2,1,1,1\n`,
      /a\.csv, line 3: o is "x": it has to be a number/,
    ],
    'a price below 0': [
      'b.csv',
      `${head}AAPL,2026-01-14T14:31:00Z,1,2,-1,1,1\n`,
      /line 2: l is -1: it cannot be below 0/,
    ],
    'a high below the low': [
      'c.csv',
      `${head}AAPL,2026-01-14T14:31:00Z,1,1,1.5,1,1\n`,
      /line 2: h is 1: it cannot be below l, which is 1.5/,
    ],
    'a time within a minute': [
      'd.csv',
      `${head}AAPL,2026-01-14T14:31:30Z,1,2,1,1,1\n`,
      /line 2: minute is "2026-01-14T14:31:30Z": it has to be a whole minute/,
    ],
    'a time without an offset': [
      'e.csv',
      `${head}AAPL,2026-01-14 14:31,1,2,1,1,1\n`,
      /line 2: minute is "2026-01-14 14:31": it has to be a time such as/,
    ],
    'no symbol': ['f.csv', `${head},2026-01-14T14:31:00Z,1,2,1,1,1\n`, /line 2: symbol "": it is empty/],
    'an unknown feed': [
      'g.csv',
      `symbol,t,o,h,l,c,feed\nA,2026-01-14T14:31:00Z,1,1,1,1,cboe\n`,
      /line 2: feed is "cboe": it has to be one of iex, sip/,
    ],
    'a fraction of a trade': [
      'h.ndjson',
      `{"S":"A","t":"2026-01-14T14:31:00Z","o":1,"h":1,"l":1,"c":1,"n":1.5}\n`,
      /h\.ndjson, line 1: n is 1.5/,
    ],
    'absent columns': [
      'i.csv',
      'symbol,time,open\n',
      /i\.csv, line 1: the columns minute, o, h, l, c are absent/,
    ],
    'no header': ['j.csv', '', /j\.csv: it is empty/],
    'a line with too few fields': [
      'k.csv',
      `${head}AAPL,2026-01-14T14:31:00Z,1\n`,
      /k\.csv: it cannot be read .*line 2/i,
    ],
    'a line that is no JSON': ['l.ndjson', '{"S":\n', /l\.ndjson, line 1: it is not JSON/],
    'a line that is no object': ['m.jsonl', '[1]\n', /m\.jsonl, line 1: it has to be an object/],
    'a file that is not packed': ['n.csv.gz', head, /n\.csv\.gz: it cannot be read/],
    'a file that is no Parquet': ['o.parquet', head, /o\.parquet: it cannot be read/],
    'an unknown ending': ['p.txt', head, /p\.txt: the name has to end in \.parquet, \.csv/],
  };
  for (const [name, [file, text, message]] of Object.entries(faults)) {
    it(`names file, line and fault of ${name}, and keeps nothing`, async () => {
      const store = await memoryStore();
      const path = join(folder, file);
      writeFileSync(path, text);
      const error = await importBars(store, path, { feed: 'sip', clock: systemClock }).catch(
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ code: 'usage' });
      expect(String(error)).toMatch(message);
      expect(await store.latest()).toEqual([]);
    });
  }

  it('names a file that does not exist, and one that has no rows of bars', async () => {
    const store = await memoryStore();
    const options = { feed: 'sip' as const, clock: systemClock };
    await expect(importBars(store, join(folder, 'absent.csv'), options)).rejects.toThrow(
      /there is no such file/,
    );
    mkdirSync(join(folder, 'empty'));
    await expect(importBars(store, join(folder, 'empty'), options)).rejects.toThrow(/cannot be read/);
  });

  it('takes a file without volume, trades and VWAP', async () => {
    const store = await memoryStore();
    const path = join(folder, 'sparse.csv');
    writeFileSync(path, 'symbol,t,o,h,l,c\nADM,2026-01-14T14:30:00Z,63.64,63.765,63.64,63.7\n');
    await importBars(store, path, { feed: 'iex', clock: systemClock });
    expect(await store.latest()).toMatchObject([{ symbol: 'ADM', v: 0, n: 0, vw: 63.7, feed: 'iex' }]);
    expect(readFileSync(path, 'utf8')).toContain('ADM');
  });
});
