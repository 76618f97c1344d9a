import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DuckDbStore, openDuckDbStore } from '../../src/store/duckdb-store.ts';
import { exportBars } from '../../src/store/export.ts';
import { type QueryOptions, runReadOnlyQuery } from '../../src/store/query.ts';
import { formatAnswer, parseQueryFormat, queryFormats } from '../../src/store/query-format.ts';
import { systemClock } from '../../src/time/affine-clock.ts';
import { addMinutes } from '../../src/time/minute.ts';
import { bar, cycle, opening, symbol } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-query-'));
const secret = join(folder, 'secret.csv');
writeFileSync(secret, 'word\nhush\n');

/** One store that SQL may leave for any file, and one that is closed in as a daemon's is. */
const stores = new Map<string, DuckDbStore>();
beforeAll(async () => {
  for (const [name, folders] of [
    ['open', 'any'],
    ['closed in', [join(folder, 'out')]],
  ] as const) {
    const store = await openDuckDbStore({
      path: join(folder, `${name}.duckdb`),
      clock: systemClock,
      folders,
    });
    await store.commit({ bars: [bar(), bar({ symbol: symbol('BRK.B'), c: 0.1 + 0.2 })] });
    stores.set(name, store);
  }
});
afterAll(async () => {
  for (const store of stores.values()) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function store(name = 'open'): DuckDbStore {
  const found = stores.get(name);
  if (!found) throw new Error(`no store ${name}`);
  return found;
}

async function rowsOf(sql: string, options: QueryOptions = {}, from = store()) {
  return runReadOnlyQuery(from, sql, options, async ({ batches, columns }) => {
    const rows = [];
    for await (const batch of batches) rows.push(...batch);
    return { columns, rows };
  });
}

describe('a query', () => {
  it('gives columns and rows as JSON can hold them', async () => {
    const sql = `SELECT symbol, minute, c, count(*) OVER () AS bars, [1, 2] AS list, {'a': NULL} AS struct, DATE '2026-01-14' AS d, 2::HUGEINT ** 70 > 0 AS big
      FROM bars ORDER BY symbol DESC LIMIT 1`;
    expect(await rowsOf(sql)).toEqual({
      columns: ['symbol', 'minute', 'c', 'bars', 'list', 'struct', 'd', 'big'],
      rows: [['BRK.B', '2026-01-14T14:30:00Z', 0.1 + 0.2, 2, [1, 2], { a: null }, '2026-01-14', true]],
    });
  });

  for (const sql of [
    'FROM bars',
    'WITH newest AS (FROM bars) SELECT * FROM newest;',
    'SELECT * FROM bar_versions',
    `SELECT * FROM bars_as_of('2026-02-01')`,
    'SELECT * FROM coverage, range(3)',
    'DESCRIBE bars',
    'SUMMARIZE bars',
    'SHOW TABLES',
    'SELECT table_name FROM information_schema.tables',
    'VALUES (1)',
  ]) {
    it(`may be: ${sql}`, async () => {
      for (const name of stores.keys())
        expect((await rowsOf(sql, {}, store(name))).columns.length).toBeGreaterThan(0);
    });
  }

  for (const sql of [
    'DELETE FROM bars',
    'INSERT INTO bars FROM bars',
    'UPDATE bars SET c = 0',
    'DROP TABLE bars',
    'CREATE TABLE t (a INTEGER)',
    'CREATE TEMP TABLE t (a INTEGER)',
    'SELECT 1; DELETE FROM bars',
    'EXPLAIN ANALYZE DELETE FROM bars',
    'COMMIT',
    'CHECKPOINT',
    'SET memory_limit = 1',
    'PRAGMA database_size',
    `ATTACH '${join(folder, 'new.duckdb')}'`,
    `COPY bars TO '${join(folder, 'out.csv')}'`,
    `COPY bars FROM '${secret}'`,
    `EXPORT DATABASE '${folder}'`,
    `FROM '${secret}'`,
    `SELECT (SELECT max(word) FROM "${secret}")`,
    `WITH "${secret}" AS (SELECT 1) FROM '${secret}'`,
    `SELECT * FROM read_csv('${secret}')`,
    `SELECT * FROM read_text('${secret}')`,
    `SELECT * FROM glob('/*')`,
    `SELECT * FROM query('FROM ''${secret}''')`,
    `SELECT * FROM query_table('${secret}')`,
    'SELECT * FROM bars WHERE symbol = ?',
    '',
    ';',
    '-- nothing',
    'SELEKT 1',
    'SELECT nothing FROM bars',
  ]) {
    it(`is refused: ${sql.replaceAll(folder, '')}`, async () => {
      for (const name of stores.keys())
        await expect(rowsOf(sql, {}, store(name))).rejects.toMatchObject({ code: 'usage' });
      expect((await rowsOf('SELECT count(*), sum(c) > 100 FROM bars')).rows).toEqual([[2, true]]);
    });
  }

  it('ends after the rows that were asked for and says so', async () => {
    const answer = await runReadOnlyQuery(store(), 'FROM range(10000)', { maxRows: 3_000 }, async (given) => {
      let count = 0;
      for await (const batch of given.batches) count += batch.length;
      return { count, truncated: given.truncated };
    });
    expect(answer).toEqual({ count: 3_000, truncated: true });
    const whole = await runReadOnlyQuery(store(), 'FROM range(3)', { maxRows: 3 }, async (given) => {
      for await (const _ of given.batches);
      return given.truncated;
    });
    expect(whole).toBe(false);
  });

  it('is interrupted by its signal, in the middle of its work', async () => {
    const stop = new AbortController();
    const running = rowsOf('SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b', {
      signal: stop.signal,
    });
    setImmediate(() => stop.abort());
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
    expect((await rowsOf('SELECT 1')).rows).toEqual([[1]]);
  });

  it('sees one state of the store while commits go on', async () => {
    const own = await openDuckDbStore({ path: ':memory:', clock: systemClock });
    for (let at = 0; at < 3; at++) await own.commit({ bars: cycle(2_000, addMinutes(opening, at)) });
    const counts = await runReadOnlyQuery(own, 'SELECT symbol FROM bars', {}, async ({ batches }) => {
      let count = 0;
      for await (const batch of batches) {
        if (count === 0) await own.commit({ bars: cycle(2_000, addMinutes(opening, 9)) });
        count += batch.length;
      }
      return count;
    });
    expect(counts).toBe(6_000);
    expect((await rowsOf('SELECT count(*) FROM bars', {}, own)).rows).toEqual([[8_000]]);
    await own.close();
  });
});

describe('a store that is closed in', () => {
  it('cannot reach files even from a connection that is not guarded', async () => {
    const read = store('closed in').withReader((reader) => reader.run(`FROM '${secret}'`));
    await expect(read).rejects.toThrow(/file system operations are disabled/);
    const unlock = store('closed in').withReader((reader) => reader.run('SET memory_limit = 1'));
    await expect(unlock).rejects.toThrow(/locked/);
  });

  it('can still export into its folder, and keeps its data', async () => {
    const range = { from: opening, to: addMinutes(opening, 1) };
    const target = { format: 'parquet', folder: join(folder, 'out') } as const;
    expect((await exportBars(store('closed in'), range, target)).bars).toBe(2);
    await store('closed in').close();
    const again = await openDuckDbStore({
      path: join(folder, 'closed in.duckdb'),
      clock: systemClock,
      folders: [],
    });
    stores.set('closed in', again);
    expect(await again.latest()).toHaveLength(2);
  });
});

describe('an answer as text', () => {
  const answer = (rows: readonly (readonly (string | number | null)[])[]) => ({
    columns: ['symbol', 'c'],
    batches: (async function* () {
      for (const row of rows) yield [row];
    })(),
  });
  const text = async (rows: Parameters<typeof answer>[0], format: string) => {
    let all = '';
    for await (const piece of formatAnswer(answer(rows), parseQueryFormat(format))) all += piece;
    return all;
  };

  it('is CSV with a header and quotes where they are needed', async () => {
    const rows = [
      ['A,"B"', 1.5],
      ['C\nD', null],
    ];
    expect(await text(rows, 'csv')).toBe('symbol,c\n"A,""B""",1.5\n"C\nD",\n');
  });

  it('is one JSON array, also when it is empty', async () => {
    const rows = [
      ['A', 1],
      ['B', null],
    ];
    expect(JSON.parse(await text(rows, 'json'))).toEqual([
      { symbol: 'A', c: 1 },
      { symbol: 'B', c: null },
    ]);
    expect(JSON.parse(await text([], 'json'))).toEqual([]);
  });

  it('is one JSON object a line', async () => {
    expect(await text([['A', 1]], 'ndjson')).toBe('{"symbol":"A","c":1}\n');
  });

  it('is a table without colours', async () => {
    const table = await text([['BRK.B', 1]], 'table');
    expect(table.split('\n')[1]).toBe('│ symbol │ c │');
    expect(table).toContain('│ BRK.B  │ 1 │');
  });

  it('is refused in a format that there is not', () => {
    expect(queryFormats).toEqual(['table', 'csv', 'json', 'ndjson']);
    expect(() => parseQueryFormat('xml')).toThrow(
      /format "xml": it has to be one of table, csv, json, ndjson/,
    );
  });
});
