import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, outcome, said, startWorld, truthLines, type World } from './command-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-daemon-commands-'));
const path = join(folder, 'bars.duckdb');
const db = ['--db', path];
const serveFile = `${path}.serve.json`;
let world: World;
let daemon: ChildProcess;
let ended: Promise<unknown>;

beforeAll(async () => {
  // A minute a second, so that the daemon writes while it is asked.
  world = await startWorld('2026-01-14T15:00:10Z', { symbols: 40, quiet: 0.2 }, 60);
  daemon = world.start('serve', 'AAPL', 'MSFT', ...db, '--port', '0', '--heal', 'none');
  ended = once(daemon, 'exit');
  await said(daemon, /serving at/);
});
afterAll(async () => {
  daemon.kill('SIGKILL');
  await ended;
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

async function count(): Promise<number> {
  const answer = await world.run(
    'query',
    'SELECT count(*)::INTEGER AS n FROM bars',
    ...db,
    '--format',
    'json',
  );
  expect(answer).toMatchObject({ code: 0, err: '' });
  return (JSON.parse(answer.out) as { n: number }[])[0]?.n ?? 0;
}

describe('a store that a daemon has open', () => {
  it('answers a query from another process, and more bars later', async () => {
    let first = await count();
    while (first === 0) first = await count();
    let later = await count();
    while (later <= first) later = await count();
    expect(later).toBeGreaterThan(first);
  });

  it('answers in every format', async () => {
    const sql = `SELECT 'AAPL' AS symbol, 1.5::DOUBLE AS c UNION ALL SELECT 'a,b', NULL ORDER BY 2`;
    const ask = async (format: string) => (await world.run('query', sql, ...db, '--format', format)).out;
    expect(await ask('csv')).toBe('symbol,c\nAAPL,1.5\n"a,b",\n');
    expect(await ask('ndjson')).toBe('{"symbol":"AAPL","c":1.5}\n{"symbol":"a,b","c":null}\n');
    expect(JSON.parse(await ask('json'))).toEqual([
      { symbol: 'AAPL', c: 1.5 },
      { symbol: 'a,b', c: null },
    ]);
    expect(await ask('table')).toContain('│ AAPL   │ 1.5 │');
    const none = await world.run('query', 'FROM seals WHERE false', ...db, '--format', 'ndjson');
    expect(none).toEqual({ code: 0, out: '', err: '' });
  });

  it('carries an answer of a million rows whole', async () => {
    const result = await world.run('query', 'FROM range(1000000)', ...db, '--format', 'csv');
    expect(result.code).toBe(0);
    expect(linesOf(result.out)).toHaveLength(1_000_001);
    expect(result.out.endsWith('\n999999\n')).toBe(true);
  });

  it.each([
    ['DELETE FROM bars', /only a statement that reads/],
    ['SELECT nothing FROM bars', /the query is wrong: Binder Error: .*nothing/],
    [`FROM read_text('/etc/hostname')`, /is not allowed|Permission/],
    [`FROM '/etc/hostname'`, /is not a table|Permission|wrong/],
    ['SELECT 1; SELECT 2', /one statement/],
  ])('refuses %s in one line', async (sql, why) => {
    const result = await world.run('query', sql, ...db);
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toMatch(why);
    expect(linesOf(result.err)).toHaveLength(1);
  });

  it('keeps the token from everyone but its owner, and answers nobody without it', async () => {
    const { url, token, pid } = JSON.parse(readFileSync(serveFile, 'utf8')) as Record<string, string>;
    expect(statSync(serveFile).mode & 0o777).toBe(0o600);
    expect(Number(pid)).toBe(daemon.pid);
    for (const shown of ['', 'wrong', `${token}x`]) {
      const answer = await fetch(`${url}/fleece/query`, {
        method: 'POST',
        body: 'FROM bars',
        headers: { 'x-fleece-token': shown },
      });
      expect(answer.status).toBe(403);
      expect(await answer.text()).not.toContain(token);
    }
    const cross = await fetch(`${url}/fleece/query`, {
      method: 'POST',
      body: 'SELECT 1',
      headers: { 'x-fleece-token': String(token), origin: 'https://elsewhere.example' },
    });
    expect(cross.status).toBe(403);
  });

  it('is refused to a second daemon, which changes nothing', async () => {
    const second = await world.run('serve', 'AAPL', ...db, '--port', '0', '--heal', 'none');
    expect(second.code).toBe(1);
    expect(linesOf(second.err).at(-1)).toContain(`open in another process (process ${daemon.pid})`);
    const { pid } = JSON.parse(readFileSync(serveFile, 'utf8')) as { pid: number };
    expect(pid).toBe(daemon.pid);
    expect(await count()).toBeGreaterThan(0);
  });

  it.each([
    ['backfill', '--from', '2026-01-13', '--to', '2026-01-13', 'AAPL'],
    ['verify', '--from', '2026-01-13', '--to', '2026-01-13'],
    ['coverage'],
    ['export'],
    ['import', join(import.meta.dirname, '../../package.json')],
  ])('is refused to fleece %s, which says who has it and what to do', async (...args) => {
    const result = await world.run(...args, ...db);
    expect(result).toMatchObject({ code: 1, out: '' });
    expect(linesOf(result.err)).toHaveLength(1);
    expect(result.err).toContain(`is open in fleece serve (process ${daemon.pid}, http://127.0.0.1:`);
    expect(result.err).toContain('stop it for this command');
  });

  it('is answered from its file when the daemon was killed and has left its serve file', async () => {
    daemon.kill('SIGKILL');
    await ended;
    expect(existsSync(serveFile)).toBe(true);
    expect(await count()).toBeGreaterThan(0);
    // Even where another process got the number of the dead one.
    const stale = JSON.parse(readFileSync(serveFile, 'utf8')) as Record<string, unknown>;
    writeFileSync(serveFile, JSON.stringify({ ...stale, pid: process.pid }));
    expect(await count()).toBeGreaterThan(0);
    writeFileSync(serveFile, 'not JSON');
    expect(await count()).toBeGreaterThan(0);
  });

  it('has no serve file any more once its daemon has stopped', async () => {
    daemon = world.start('serve', 'AAPL', 'MSFT', ...db, '--port', '0', '--heal', 'none');
    ended = once(daemon, 'exit');
    await said(daemon, /serving at/);
    expect(existsSync(serveFile)).toBe(true);
    daemon.kill('SIGTERM');
    await ended;
    expect(daemon.exitCode).toBe(0);
    expect(existsSync(serveFile)).toBe(false);
  });
});

/** A file system of `size`, or undefined where this user may not mount one. */
function mountSmall(size: string): string | undefined {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk], { stdio: 'ignore' });
    return disk;
  } catch {
    return undefined;
  }
}

describe('a disk that fills up', () => {
  it('ends a backfill with one line, and the next goes on when there is room', async (test) => {
    const disk = mountSmall('40m');
    if (!disk) {
      test.skip('a small file system cannot be mounted here (it takes the rights of root)');
      return;
    }
    const past = await startWorld('2026-01-15T02:00:00Z', { symbols: 300, quiet: 0 });
    try {
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, Buffer.alloc(30_000_000));
      const onDisk = ['--db', join(disk, 'a.duckdb')];
      const day = ['--from', '2026-01-14', '--to', '2026-01-14'];
      const { symbols } = past.simulator.market;
      const full = await outcome(past.start('backfill', ...day, ...symbols, ...onDisk));
      expect(full.code).toBe(1);
      expect(linesOf(full.err).at(-1)).toMatch(
        /^fleece: the disk of the store .* is full .*; \d+ bars of this run are kept/,
      );
      rmSync(ballast);
      expect(await past.run('backfill', ...day, ...symbols, ...onDisk)).toMatchObject({ code: 0 });
      const exported = await past.run('export', ...onDisk);
      const truth = truthLines(past, symbols, '2026-01-14T09:00:00Z', '2026-01-15T00:59:00Z');
      expect(linesOf(exported.out)).toEqual(truth);
    } finally {
      await past.close();
      execFileSync('umount', [disk]);
    }
  });
});
