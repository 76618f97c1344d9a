#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  const { runCli } = await import(main.href);
  await runCli(process.argv.slice(2));
} else {
  process.stderr.write('fleece is not built yet: run `npm ci` (or `npm run build`) in its folder first.\n');
  process.exitCode = 1;
}
