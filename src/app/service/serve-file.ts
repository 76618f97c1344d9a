import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../../errors.ts';

/** How other processes of the same user reach the daemon that has a store open. */
export interface ServeFile {
  readonly pid: number;
  /** `http://127.0.0.1:8765` */
  readonly url: string;
  /** What a query has to show, in the header `x-fleece-token`. */
  readonly token: string;
}

/** The file beside a store, only for its owner to read, that is there while a daemon runs. */
export function serveFilePath(db: string): string {
  let path = resolve(db);
  try {
    path = realpathSync(path);
  } catch {
    // There is no store yet: its name will do.
  }
  return `${path}.serve.json`;
}

/** Say that this daemon serves the store `db`. Write it once the store is open and the port is known. */
export function writeServeFile(db: string, file: ServeFile): void {
  const path = serveFilePath(db);
  // A reader never meets half a file, nor one that others may read.
  const unfinished = `${path}.${file.pid}`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, `${JSON.stringify({ ...file, url: reachable(file.url) })}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  renameSync(unfinished, path);
}

/** Take the file of process `pid` away; another daemon's is left alone. */
export function removeServeFile(db: string, pid: number): void {
  const path = serveFilePath(db);
  if (parse(path)?.pid === pid) rmSync(path, { force: true });
}

/** The daemon that serves the store `db`, or undefined when there is none or its process is gone. */
export function readServeFile(db: string): ServeFile | undefined {
  const file = parse(serveFilePath(db));
  return file && isAlive(file.pid) ? file : undefined;
}

function parse(path: string): ServeFile | undefined {
  try {
    const { pid, url, token } = JSON.parse(readFileSync(path, 'utf8')) as Partial<ServeFile>;
    const isWhole = Number.isSafeInteger(pid) && typeof url === 'string' && typeof token === 'string';
    return isWhole && pid !== undefined && pid > 0 ? { pid, url, token } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is there, too.
    return /EPERM/.test(messageOf(error));
  }
}

/** An address that stands for all of them is no address to connect to. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
