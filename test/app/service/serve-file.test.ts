import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  readServeFile,
  removeServeFile,
  serveFilePath,
  writeServeFile,
} from '../../../src/app/service/serve-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-serve-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const mine = { pid: process.pid, url: 'http://127.0.0.1:8765', token: 'hush' };

/** The number of a process that is gone. */
function deadPid(): number {
  return Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
}

describe('the file that a daemon leaves beside its store', () => {
  it('is read back, and only its owner may read it', () => {
    const db = join(folder, 'a.duckdb');
    writeServeFile(db, mine);
    expect(readServeFile(db)).toEqual(mine);
    expect(statSync(serveFilePath(db)).mode & 0o777).toBe(0o600);
    removeServeFile(db, process.pid);
    expect(existsSync(serveFilePath(db))).toBe(false);
  });

  it('replaces one that others could read', () => {
    const db = join(folder, 'open.duckdb');
    writeFileSync(serveFilePath(db), '{}', { mode: 0o644 });
    writeServeFile(db, mine);
    expect(statSync(serveFilePath(db)).mode & 0o777).toBe(0o600);
  });

  it('is found by another name of the same store', () => {
    const db = join(folder, 'real.duckdb');
    writeFileSync(db, '');
    symlinkSync(db, join(folder, 'link.duckdb'));
    writeServeFile(join(folder, 'link.duckdb'), mine);
    expect(readServeFile(db)).toEqual(mine);
  });

  it('names an address that can be connected to where the daemon listens on all', () => {
    const db = join(folder, 'all.duckdb');
    const shown = (url: string) => {
      writeServeFile(db, { ...mine, url });
      return readServeFile(db)?.url;
    };
    expect(shown('http://0.0.0.0:80')).toBe('http://127.0.0.1:80');
    expect(shown('http://[::]:80')).toBe('http://[::1]:80');
  });

  it('counts for nothing when its process is gone, and is not taken away by another', () => {
    const db = join(folder, 'stale.duckdb');
    writeServeFile(db, { ...mine, pid: deadPid() });
    expect(readServeFile(db)).toBeUndefined();
    removeServeFile(db, process.pid);
    expect(existsSync(serveFilePath(db))).toBe(true);
  });

  it.each([
    '',
    'null',
    '[]',
    '{"pid":0,"url":"x","token":"y"}',
    '{"pid":-1,"url":"x","token":"y"}',
    '{"pid":1.5}',
  ])('counts for nothing when it holds %j', (text) => {
    const db = join(folder, 'broken.duckdb');
    writeFileSync(serveFilePath(db), text);
    expect(readServeFile(db)).toBeUndefined();
  });
});
