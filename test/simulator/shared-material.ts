import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** Recorded material beside the repository. It is not part of it: tests that need it are skipped without it. */
const shared = join(dirname(fileURLToPath(import.meta.url)), '../../../shared');

export function hasShared(path: string): boolean {
  const there = existsSync(join(shared, path));
  if (!there) process.stderr.write(`skipped: ../shared/${path} is absent\n`);
  return there;
}

export function sharedBytes(path: string): Uint8Array {
  return readFileSync(join(shared, path));
}

export function sharedText(path: string): string {
  const bytes = sharedBytes(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes)).toString('utf8');
}

export function sharedJson(path: string): unknown {
  return JSON.parse(sharedText(path));
}
