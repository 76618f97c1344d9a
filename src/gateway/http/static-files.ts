import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

export interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
  /** True for a file whose name changes with its content. */
  readonly immutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

/** A file of `folder`, and nothing outside it; `/` is `index.html`. Undefined when there is none. */
export async function readStatic(folder: string, path: string): Promise<StaticFile | undefined> {
  let name: string;
  try {
    name = decodeURIComponent(path === '/' ? '/index.html' : path);
  } catch {
    return undefined;
  }
  const type = types[extname(name)];
  if (type === undefined || name.includes('\0') || name.includes('\\')) return undefined;
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, name));
    if (!file.startsWith(root + sep) || !(await stat(file)).isFile()) return undefined;
    return { type, body: await readFile(file), immutable: /-[\w-]{8,}\.\w+$/.test(name) };
  } catch {
    return undefined;
  }
}
