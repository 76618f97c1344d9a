import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, outcome, said, startWorld, truthLines, type World } from './command-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-commands-'));
const db = (name: string) => ['--db', join(folder, `${name}.duckdb`)];
const day = ['--from', '2026-01-14', '--to', '2026-01-14'];
/** The extended session of that day. */
const [opened, closed] = ['2026-01-14T09:00:00Z', '2026-01-15T00:59:00Z'];
const some = ['AAPL', 'MSFT', 'NVDA'];
let world: World;

beforeAll(async () => {
  world = await startWorld('2026-01-15T02:00:00Z', { symbols: 40, quiet: 0.3 });
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Change a store behind the back of every command. */
async function tamper(name: string, ...statements: string[]): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, `${name}.duckdb`));
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

/** The minute of a bar that AAPL has, the n-th of the day. */
function minuteOfBar(n: number): string {
  const line = truthLines(world, ['AAPL'], opened, closed)[n] ?? '{}';
  return (JSON.parse(line) as { t: string }).t;
}

describe('fleece backfill', () => {
  it('keeps every bar of a day, as the service has it, and then has nothing to ask', async () => {
    const result = await world.run('backfill', ...day, ...some, ...db('day'));
    expect(result).toMatchObject({ code: 0 });
    const truth = truthLines(world, some, opened, closed);
    expect(result.out).toContain(`${truth.length} bars added`);
    const exported = await world.run('export', '--format', 'ndjson', ...db('day'));
    expect(linesOf(exported.out)).toEqual(truth);
    const before = world.simulator.log.total;
    const again = await world.run('backfill', ...day, ...some, ...db('day'));
    expect(again).toMatchObject({ code: 0 });
    expect(again.err).toContain('nothing to ask');
    expect(world.simulator.log.total).toBe(before);
  });

  it('asks only for the days and symbols that are lacking', async () => {
    await world.run('backfill', ...day, 'AAPL', ...db('more'));
    const days = ['--from', '2026-01-13', '--to', '2026-01-14'];
    const plan = await world.run('backfill', ...days, 'AAPL', 'MSFT', ...db('more'), '--dry-run');
    expect(plan.out).toContain('2026-01-13T09:00:00Z to 2026-01-14T00:59:00Z iex AAPL: at most 960 bars');
    expect(plan.out).toContain('2026-01-13T09:00:00Z to 2026-01-15T00:59:00Z iex MSFT: at most 1920 bars');
    expect(await world.run('backfill', ...days, 'AAPL', 'MSFT', ...db('more'))).toMatchObject({ code: 0 });
    const exported = await world.run('export', ...db('more'));
    expect(linesOf(exported.out)).toEqual(
      truthLines(world, ['AAPL', 'MSFT'], '2026-01-13T09:00:00Z', closed),
    );
  });

  it('refuses a malformed symbol alone, and says which', async () => {
    const result = await world.run('backfill', ...day, 'AAPL', 'BRK-B', 'MSFT', ...db('refused'));
    expect(result).toMatchObject({ code: 0 });
    expect(result.err).toMatch(/BRK-B was refused: .*invalid symbol/);
    expect(result.out).toContain('1 symbols refused');
    const exported = await world.run('export', ...db('refused'));
    expect(linesOf(exported.out)).toEqual(truthLines(world, ['AAPL', 'MSFT'], opened, closed));
  });

  it('leaves out what is not settled: five minutes of iex, sixteen of sip', async () => {
    const now = await startWorld('2026-01-14T15:00:30Z', { symbols: 40, quiet: 0 });
    try {
      const args = ['--from', '2026-01-14T14:30:00Z', '--to', '2026-01-14', 'AAPL'];
      const iex = await now.run('backfill', ...args, '--feed', 'iex', ...db('now-iex'));
      expect(iex.err).toContain('only minutes before 2026-01-14T14:55:00Z are asked');
      expect(iex.out).toContain('25 bars added');
      const sip = await now.run('backfill', ...args, '--feed', 'sip', ...db('now-sip'));
      expect(sip.err).toContain('only minutes before 2026-01-14T14:44:00Z are asked');
      expect(sip.out).toContain('14 bars added');
    } finally {
      await now.close();
    }
  });

  it('prints the plan of a dry run, asks for no bar and makes no file', async () => {
    const before = world.simulator.log.total;
    const plan = await world.run('backfill', ...day, ...some, ...db('dry'), '--rpm', '60', '--dry-run');
    expect(plan).toMatchObject({ code: 0 });
    expect(plan.out).toContain('3 symbols, 1 questions, at most 1 requests for 2880 bars: at most 1 s at 60');
    expect(world.simulator.log.total).toBe(before);
    expect(existsSync(join(folder, 'dry.duckdb'))).toBe(false);
  });

  it('says what is kept when it is interrupted, and goes on from there', async () => {
    const slow = await startWorld('2026-01-15T02:00:00Z', { symbols: 40, quiet: 0.3, rateLimit: 10 });
    try {
      const symbols = slow.simulator.market.symbols.slice(0, 20);
      const days = ['--from', '2025-12-15', '--to', '2026-01-14'];
      const args = ['backfill', ...days, ...symbols, ...db('interrupted')];
      const child = slow.start(...args, '--rpm', '10');
      const end = outcome(child);
      await said(child, /\d+ %, \d+ bars/);
      child.kill('SIGINT');
      const stopped = await end;
      expect(stopped.code).toBe(1);
      const kept = Number(/fleece: stopped; (\d+) bars of this run are kept/.exec(stopped.err)?.[1]);
      expect(kept).toBeGreaterThan(0);
      const count = await slow.run('query', 'SELECT count(*) AS n FROM bars', ...db('interrupted'));
      expect(count.out).toBe(`{"n":${kept}}\n`);
    } finally {
      await slow.close();
    }
    const symbols = world.simulator.market.symbols.slice(0, 20);
    const days = ['--from', '2025-12-15', '--to', '2026-01-14'];
    expect(await world.run('backfill', ...days, ...symbols, ...db('interrupted'))).toMatchObject({ code: 0 });
    const exported = await world.run('export', ...db('interrupted'));
    const truth = truthLines(world, symbols, '2025-12-15T09:00:00Z', closed);
    expect(linesOf(exported.out).length).toBe(truth.length);
    expect(linesOf(exported.out)).toEqual(truth);
  });

  it('loses nothing to a service that fails, resets and cuts pages short', async () => {
    const rough = await startWorld('2026-01-15T02:00:00Z', {
      symbols: 200,
      quiet: 0.3,
      shortPages: 0.3,
      faults: { '500': 0.05, reset: 0.03 },
    });
    try {
      const { symbols } = rough.simulator.market;
      expect(await rough.run('backfill', ...day, ...symbols, ...db('rough'))).toMatchObject({ code: 0 });
      const exported = await rough.run('export', ...db('rough'));
      expect(linesOf(exported.out)).toEqual(truthLines(rough, symbols, opened, closed));
    } finally {
      await rough.close();
    }
  });
});

describe('fleece verify', () => {
  it('finds nothing where nothing differs, and says what was never asked', async () => {
    await world.run('backfill', ...day, ...some, ...db('same'));
    const bars = truthLines(world, some, opened, closed).length;
    const result = await world.run('verify', ...day, ...db('same'));
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(result.out).toContain(
      `${bars} bars compared in 1 requests: 0 differ, 0 missing here, 0 not there`,
    );
    const wider = await world.run('verify', '--from', '2026-01-13', '--to', '2026-01-14', ...db('same'));
    expect(wider).toMatchObject({ code: 0 });
    expect(wider.out).toContain('2880 minutes of these symbols were never asked');
  });

  it('finds a bar that was changed, one that was deleted and one that was made up, and mends what it can', async () => {
    await world.run('backfill', ...day, ...some, ...db('changed'));
    const [changed, deleted] = [minuteOfBar(100), minuteOfBar(200)];
    const quiet = quietMinute();
    await tamper(
      'changed',
      `UPDATE bars SET c = c + 1 WHERE symbol = 'AAPL' AND minute = '${changed}'`,
      `DELETE FROM bars WHERE symbol = 'AAPL' AND minute = '${deleted}'`,
      `INSERT INTO bars SELECT * REPLACE ('${quiet}'::TIMESTAMPTZ AS minute) FROM bars WHERE symbol = 'AAPL' AND minute = '${changed}'`,
    );
    const found = await world.run('verify', ...day, ...db('changed'));
    expect(found.code).toBe(1);
    expect(found.err).toBe('fleece: 3 differences (--fix writes what the service says)\n');
    const rows = linesOf(found.out).filter((line) => line.includes('AAPL'));
    expect(rows).toHaveLength(3);
    expect(rows.find((line) => line.includes(changed))).toMatch(/differs .* c \d+\.?\d* +│ c \d/);
    expect(rows.find((line) => line.includes(deleted))).toContain('missing here');
    expect(rows.find((line) => line.includes(quiet))).toContain('not there any more');

    const fixed = await world.run('verify', ...day, ...db('changed'), '--fix');
    expect(fixed.code).toBe(1);
    expect(fixed.out).toContain('2 bars were written as the service has them');
    expect(fixed.err).toContain('1 bars that the service has no more are left');
    await tamper('changed', `DELETE FROM bars WHERE symbol = 'AAPL' AND minute = '${quiet}'`);
    expect(await world.run('verify', ...day, ...db('changed'))).toMatchObject({ code: 0 });
    const exported = await world.run('export', ...db('changed'));
    expect(linesOf(exported.out)).toEqual(truthLines(world, some, opened, closed));
    const history = await world.run('query', 'SELECT symbol, version FROM bar_history', ...db('changed'));
    expect(history.out).toBe('{"symbol":"AAPL","version":1}\n');
  });

  it('ends with 0 when --fix has mended everything', async () => {
    await world.run('backfill', ...day, ...some, ...db('mended'));
    await tamper('mended', `UPDATE bars SET v = v + 1 WHERE minute = '${minuteOfBar(7)}'`);
    const fixed = await world.run('verify', ...day, ...db('mended'), '--fix');
    expect(fixed).toMatchObject({ code: 0, err: '' });
    expect(await world.run('verify', ...day, ...db('mended'))).toMatchObject({ code: 0 });
  });

  it('compares each bar with the feed that it came from', async () => {
    const first = ['--from', opened, '--to', '2026-01-14T15:00:00Z'];
    await world.run('backfill', ...day, 'AAPL', ...db('feeds'), '--feed', 'iex');
    await world.run('backfill', ...first, 'AAPL', ...db('feeds'), '--feed', 'sip');
    const feeds = await world.run('query', 'SELECT DISTINCT feed FROM bars ORDER BY 1', ...db('feeds'));
    expect(feeds.out).toBe('{"feed":"iex"}\n{"feed":"sip"}\n');
    expect(await world.run('verify', ...day, ...db('feeds'))).toMatchObject({ code: 0 });
    await tamper(
      'feeds',
      `UPDATE bars SET n = n + 1 WHERE feed = 'sip' AND minute = (SELECT min(minute) FROM bars WHERE feed = 'sip')`,
      `UPDATE bars SET n = n + 1 WHERE feed = 'iex' AND minute = (SELECT min(minute) FROM bars WHERE feed = 'iex')`,
    );
    const found = await world.run('verify', ...day, ...db('feeds'));
    expect(found.code).toBe(1);
    const rows = linesOf(found.out).filter((line) => line.includes('AAPL'));
    expect(new Set(rows.map((line) => /│ (iex|sip) /.exec(line)?.[1]))).toEqual(new Set(['iex', 'sip']));
    expect(rows).toHaveLength(2);
  });

  it('compares imported bars, too, though nobody asked for their minutes', async () => {
    await world.run('backfill', ...day, 'AAPL', ...db('from'));
    const file = join(folder, 'imported.csv');
    await world.run('export', '--format', 'csv', '--out', file, ...db('from'));
    await world.run('import', file, ...db('imported'));
    expect(await world.run('verify', ...day, ...db('imported'))).toMatchObject({ code: 0 });
    await tamper('imported', `UPDATE bars SET h = h + 1 WHERE minute = '${minuteOfBar(3)}'`);
    const found = await world.run('verify', ...day, ...db('imported'));
    expect(found.err).toContain('1 differences');
  });
});

/** A minute of the day in which AAPL has no bar. */
function quietMinute(): string {
  const bars = new Set(
    truthLines(world, ['AAPL'], opened, closed).map((line) => (JSON.parse(line) as { t: string }).t),
  );
  for (let at = Date.parse(opened); at < Date.parse(closed); at += 60_000) {
    const minute = `${new Date(at).toISOString().slice(0, 19)}Z`;
    if (!bars.has(minute)) return minute;
  }
  throw new Error('there is no quiet minute');
}

describe('fleece coverage', () => {
  it('counts bars, quiet and missing minutes of each symbol and day, the worst first', async () => {
    await world.run('backfill', ...day, ...some, ...db('coverage'));
    const half = ['--from', opened, '--to', '2026-01-14T16:59:00Z'];
    await world.run('backfill', ...half, 'AMZN', ...db('coverage'));
    const result = await world.run('coverage', '--date', '2026-01-14', ...db('coverage'), '--json');
    expect(result).toMatchObject({ code: 0 });
    const rows = JSON.parse(result.out) as Record<string, unknown>[];
    const bars = (symbol: string, to: string) => truthLines(world, [symbol], opened, to).length;
    expect(rows.map(({ symbol }) => symbol)).toEqual(['AMZN', 'AAPL', 'MSFT', 'NVDA']);
    const amzn = bars('AMZN', '2026-01-14T16:59:00Z');
    expect(rows[0]).toMatchObject({ bars: amzn, quiet: 480 - amzn, missing: 480, percent: 50 });
    const aapl = bars('AAPL', closed);
    expect(rows[1]).toMatchObject({ bars: aapl, quiet: 960 - aapl, missing: 0, percent: 100 });
    expect(rows[0]?.['heat']).toMatch(/^[-+#.]{32}!{32}$/);
    expect(rows[1]?.['heat']).toMatch(/^[-+#.]{64}$/);
    const text = await world.run('coverage', '--date', '2026-01-14', ...db('coverage'));
    expect(linesOf(text.out)[1]).toMatch(/^AMZN +2026-01-14 .* 50\.0 % +\|[-+#.]{32}!{32}\|$/);
    expect(text.out).toContain('! some missing');
  });
});

describe('fleece export and import', () => {
  it.each(['ndjson', 'csv', 'parquet'])('carry all bars from one store to another as %s', async (format) => {
    await world.run('backfill', ...day, ...some, ...db('source'));
    const out = join(folder, format === 'parquet' ? 'parquet' : `bars.${format}`);
    const exported = await world.run('export', '--format', format, '--out', out, ...db('source'));
    expect(exported).toMatchObject({ code: 0, out: '' });
    const imported = await world.run('import', out, ...db(`to-${format}`));
    const truth = truthLines(world, some, opened, closed);
    expect(imported).toMatchObject({ code: 0, err: '' });
    expect(imported.out).toContain(`${truth.length} added, 0 revised`);
    const again = await world.run('import', out, ...db(`to-${format}`));
    expect(again.out).toContain(`0 added, 0 revised, ${truth.length} that the store has already`);
    const back = await world.run('export', ...db(`to-${format}`));
    expect(linesOf(back.out)).toEqual(truth);
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('export the minutes from the first to the last, both inclusive', async () => {
    await world.run('backfill', ...day, ...some, ...db('source'));
    const range = ['2026-01-14T15:00:00Z', '2026-01-14T15:29:00Z'] as const;
    const result = await world.run('export', '--from', range[0], '--to', range[1], 'MSFT', ...db('source'));
    expect(linesOf(result.out)).toEqual(truthLines(world, ['MSFT'], ...range));
  });
});

describe('commands that are given something wrong', () => {
  const wrong: [string[], RegExp][] = [
    [['backfill', 'AAPL'], /--from is not given/],
    [['backfill', '--from', '2026-01-14', 'AAPL'], /--to is not given/],
    [
      ['backfill', '--from', '2026-02-30', '--to', '2026-03-01', 'AAPL'],
      /--from has to be a date .* not "2026-02-30"/,
    ],
    [['backfill', '--from', 'yesterday', '--to', '2026-03-01', 'AAPL'], /not "yesterday"/],
    [['backfill', '--from', '2026-01-14', '--to', '2026-01-13', 'AAPL'], /--from has to lie before --to/],
    [['backfill', ...day], /no symbols: name some/],
    [['backfill', ...day, 'AA PL'], /cannot be a symbol/],
    [['backfill', ...day, 'AAPL', '--rpm', '0'], /--rpm has to be a whole number/],
    [['backfill', ...day, 'AAPL', '--feed', 'nyse'], /--feed has to be one of/],
    [['verify', 'AAPL'], /--from is not given/],
    [['coverage', '--date', '2026-13-01'], /--date has to be a date/],
    [['coverage', '--date', '2026-01-14', '--from', '2026-01-14'], /one or the other/],
    [['coverage', '--column', '0'], /--column has to be a whole number/],
    [['query', 'SELECT 1', '--format', 'xml'], /format "xml": it has to be one of/],
    [['query', 'SELEC 1'], /the query is wrong/],
    [['query', 'DROP TABLE bars'], /only a statement that reads/],
    [['query', `COPY bars TO '/tmp/fleece-out.csv'`], /only a statement that reads|Permission/],
    [['query', `SELECT * FROM read_csv('/etc/hostname')`], /Permission|not allowed/],
    [['query'], /missing required argument/],
    [['export', '--format', 'xlsx'], /--format has to be one of/],
    [['export', '--format', 'parquet'], /needs --out/],
    [['import', '/no/such/file.csv'], /there is no such file/],
    [['import'], /missing required argument/],
  ];
  beforeAll(async () => {
    await world.run('backfill', '--from', opened, '--to', opened, 'AAPL', ...db('wrong'));
  });

  it.each(wrong)('%j ends with 2 and says what would be right', async (args, what) => {
    const result = await world.run(...args, ...db('wrong'));
    expect(result.err).toMatch(what);
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).not.toMatch(/^\s+at /m);
    expect(result.err).not.toContain('store-secret');
  });

  it.each([['verify', ...day], ['coverage'], ['query', 'FROM bars'], ['export']])(
    'fleece %s says that there is no store, and makes none',
    async (...args) => {
      const result = await world.run(...args, ...db('nowhere'));
      expect(result).toMatchObject({ code: 1, out: '' });
      expect(result.err).toMatch(/^fleece: there is no store .*nowhere\.duckdb: .*\n$/);
      expect(existsSync(join(folder, 'nowhere.duckdb'))).toBe(false);
    },
  );

  it('says in one line when the service refuses the feed', async () => {
    const result = await world.run('backfill', ...day, 'AAPL', '--feed', 'otc', ...db('otc'));
    expect(result.code).toBe(1);
    expect(linesOf(result.err).at(-1)).toMatch(/^fleece: .*subscription does not permit/);
  });
});
