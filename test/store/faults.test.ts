import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, describe, expect, it } from 'vitest';
import { type DuckDbStore, openDuckDbStore } from '../../src/store/duckdb-store.ts';
import { systemClock } from '../../src/time/affine-clock.ts';
import { addMinutes } from '../../src/time/minute.ts';
import { compileStore } from './compiled.ts';
import { bar, cycle, opening, symbol } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-faults-'));
const compiled = compileStore('faults');
afterAll(() => {
  compiled.remove();
  rmSync(folder, { recursive: true, force: true });
});

const opened = (path: string) => openDuckDbStore({ path, clock: systemClock });
const here = dirname(fileURLToPath(import.meta.url));

function startWriter(path: string, symbols: number) {
  const child = spawn(
    process.execPath,
    [join(here, 'kill-writer.mjs'), compiled.folder, path, String(symbols)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function scalars(store: DuckDbStore, sql: string): Promise<number[]> {
  return store.withReader(async (reader) =>
    ((await reader.runAndReadAll(sql)).getRows()[0] ?? []).map((value) => Number(value)),
  );
}

describe('a store whose process is killed', () => {
  it('holds every acknowledged commit and no part of another, kill after kill', async () => {
    const path = join(folder, 'killed.duckdb');
    const symbols = 400;
    let acknowledged = 999;
    for (const commits of [1, 4, 9, 2, 13]) {
      const { child, lines } = startWriter(path, symbols);
      const first = await lines.next();
      expect(Number(String(first.value).slice(5))).toBeGreaterThan(acknowledged);
      for (let count = 0; count < commits; count++) acknowledged = Number((await lines.next()).value);
      // The writer is somewhere in the commit after the last line.
      child.kill('SIGKILL');
      for (let line = await lines.next(); !line.done; line = await lines.next())
        acknowledged = Number(line.value);
      await once(child, 'exit').catch(() => undefined);

      const store = await opened(path);
      const last = store.memory.lastSeal?.minute ?? 0;
      expect([acknowledged, acknowledged + 1]).toContain(last);
      const minutes = last - 999;
      expect(
        await scalars(
          store,
          `SELECT count(*), count(DISTINCT (symbol, minute)), count(DISTINCT minute), count(*) FILTER (version = 2 AND c = 2) FROM bars`,
        ),
      ).toEqual([minutes * symbols, minutes * symbols, minutes, (minutes - 1) * symbols]);
      expect(await scalars(store, 'SELECT count(*) FROM bar_history')).toEqual([(minutes - 1) * symbols]);
      expect(await scalars(store, 'SELECT count(*) FROM seals')).toEqual([minutes]);
      expect(store.memory.account.coverage(symbol('S7'), 'iex')).toEqual([{ from: 1_000, to: last + 1 }]);
      await store.close();
      acknowledged = last;
    }
  });
});

describe('a store that cannot be used', () => {
  it('refuses a second opening while another process has it, and says which', async () => {
    const path = join(folder, 'locked.duckdb');
    const { child, lines } = startWriter(path, 1);
    await lines.next();
    const error = await opened(path).catch((reason: unknown) => reason);
    child.kill('SIGKILL');
    expect(error).toMatchObject({ code: 'store', retryable: true });
    expect(String(error)).toContain(`${path} is open in another process (process ${child.pid})`);
  });

  it('refuses a second opening in the same process, and lets go when it is closed', async () => {
    const path = join(folder, 'twice.duckdb');
    const first = await opened(path);
    await expect(opened(path)).rejects.toMatchObject({ code: 'store' });
    await expect(opened(path)).rejects.toThrow(/open already in this process/);
    await first.close();
    await (await opened(path)).close();
  });

  async function written(name: string): Promise<string> {
    const path = join(folder, name);
    const store = await opened(path);
    for (let at = 0; at < 3; at++) await store.commit({ bars: cycle(4_000, addMinutes(opening, at)) });
    await store.close();
    return path;
  }

  const damages: Record<string, (path: string) => void> = {
    'is a text': (path) => writeFileSync(path, 'symbol,t,o,h,l,c\n'),
    'is empty': (path) => writeFileSync(path, ''),
    'was cut in the middle': (path) => truncateSync(path, readFileSync(path).length / 2),
    'has overwritten headers': (path) => writeFileSync(path, readFileSync(path).fill(7, 4_096, 12_288)),
    'has overwritten blocks': (path) => writeFileSync(path, readFileSync(path).fill(7, 12_288)),
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`says that a file is damaged when it ${name}, and leaves it alone`, async () => {
      const path = await written(`${name.replaceAll(' ', '-')}.duckdb`);
      damage(path);
      const before = readFileSync(path);
      const error = await opened(path).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'store', retryable: false });
      expect(String(error)).toContain(`the store ${path} is damaged or not a DuckDB file`);
      expect(readFileSync(path).equals(before)).toBe(true);
    });
  }

  const logDamages: Record<string, (log: Buffer) => void> = {
    'at its start': (log) => log.fill(7, 0, 60),
    'in the middle': (log) => log.fill(7, log.length >> 1, (log.length >> 1) + 100),
  };
  for (const [where, damage] of Object.entries(logDamages)) {
    it(`says that a file is damaged when its log is, ${where}, and leaves both alone`, async () => {
      const path = join(folder, `log ${where}.duckdb`);
      const source = join(folder, `source ${where}.duckdb`);
      const store = await opened(source);
      for (let at = 0; at < 3; at++) await store.commit({ bars: cycle(500, addMinutes(opening, at)) });
      for (const end of ['', '.wal']) writeFileSync(path + end, readFileSync(source + end));
      await store.close();
      const log = readFileSync(`${path}.wal`);
      damage(log);
      writeFileSync(`${path}.wal`, log);
      const before = readFileSync(path);
      const error = await opened(path).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'store', retryable: false });
      expect(String(error)).toContain(`the store ${path} is damaged`);
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readFileSync(`${path}.wal`).equals(log)).toBe(true);
    });
  }

  it('refuses a file of a newer schema, and leaves it alone', async () => {
    const path = await written('newer.duckdb');
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(`INSERT INTO schema_version VALUES (99, '0099-future.sql', now())`);
    connection.closeSync();
    instance.closeSync();
    const before = readFileSync(path);
    await expect(opened(path)).rejects.toThrow(
      /schema version 99, and this version of Fleece knows up to \d+/,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses a DuckDB file of another program', async () => {
    const path = join(folder, 'other.duckdb');
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run('CREATE TABLE invoices (id INTEGER)');
    connection.closeSync();
    instance.closeSync();
    await expect(opened(path)).rejects.toThrow(/not a store of Fleece \(it holds invoices\)/);
  });

  it('names a path that cannot be written', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(opened(join(file, 'a.duckdb'))).rejects.toThrow(/cannot be opened: check the path/);
    await expect(opened(folder)).rejects.toMatchObject({
      code: 'store',
      message: expect.stringMatching(/cannot be opened: check the path .*directory/i) as string,
    });
  });
});

/** A file system of `size` that fills up, or undefined where this user may not mount one. */
function mountSmall(name: string, size: string): string | undefined {
  const path = join(folder, name);
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    return undefined;
  }
}

/** The size of the disk, and what a file that is in the way takes of it. */
const disks = { 'in the log': ['4m', 1_500_000], 'in a checkpoint': ['34m', 15_000_000] } as const;

describe('a store on a disk that fills up', () => {
  for (const [where, [size, taken]] of Object.entries(disks)) {
    it(`keeps what was acknowledged when it happens ${where}, and goes on when there is room`, async (test) => {
      const disk = mountSmall(where.replaceAll(' ', '-'), size);
      if (!disk) {
        test.skip('a small file system cannot be mounted here (it takes the rights of root)');
        return;
      }
      try {
        const ballast = join(disk, 'ballast');
        const path = join(disk, 'a.duckdb');
        writeFileSync(ballast, Buffer.alloc(taken));
        let store = await opened(path);
        const advances = (at: number) => [
          { feed: 'iex' as const, symbols: [symbol(`G${at}`)], from: opening, to: addMinutes(opening, 1) },
        ];
        const commit = (at: number) => store.commit({ bars: noise(6_000, at), advances: advances(at) });
        let kept = 0;
        let error: unknown;
        for (let at = 0; at < 200 && !error; at++) {
          try {
            await commit(at);
            kept++;
          } catch (reason) {
            error = reason;
          }
        }
        expect(error).toMatchObject({ code: 'store', retryable: true });
        expect(String(error)).toMatch(/disk of the store .* is full or cannot be written/);
        const count = 'SELECT count(*), (SELECT count(DISTINCT id) FROM symbol_groups) FROM bars';
        expect(await scalars(store, count)).toEqual([kept * 6_000, kept]);
        rmSync(ballast);
        await commit(kept++);
        expect(await scalars(store, count)).toEqual([kept * 6_000, kept]);
        await store.close();
        store = await opened(path);
        expect(await scalars(store, count)).toEqual([kept * 6_000, kept]);
        await store.close();
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  }
});

/** Bars that do not compress. */
function noise(count: number, at: number) {
  return Array.from({ length: count }, (_, index) => {
    const value = () => Math.random();
    const name = symbol(`S${index}`);
    const values = { o: value(), h: value(), l: value(), c: value(), v: value(), vw: value() };
    return bar({ symbol: name, minute: addMinutes(opening, at), ...values });
  });
}

it('leaves no file beside the database after closing', async () => {
  const own = join(folder, 'alone');
  const store = await opened(join(own, 'a.duckdb'));
  await store.commit({ bars: [bar()] });
  await store.close();
  expect(readdirSync(own)).toEqual(['a.duckdb']);
});
