import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

function sources(): string {
  return ['src', 'bin']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|js)$/.test(name))
        .map((name) => readFileSync(join(root, folder, name), 'utf8')),
    )
    .join('\n');
}

it('docs/troubleshooting.md quotes only messages that the code has', () => {
  const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
  const cells = [...page.matchAll(/^\| ([^|]*`[^|]*) \|/gm)].map(([, cell = '']) => cell);
  const quotes = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, quote = '']) => quote));
  // What stands between three dots is the message's own; names of settings are checked elsewhere.
  const parts = quotes
    .flatMap((quote) => quote.split('...'))
    .map((part) => part.trim())
    .filter((part) => part.includes(' '));
  expect(parts.length).toBeGreaterThan(15);
  const code = sources();
  expect(parts.filter((part) => !code.includes(part))).toEqual([]);
});
