// Commits minute after minute into a store until it is killed: `node kill-writer.mjs MODULES DB SYMBOLS`.
// A line on stdout names each minute whose commit was acknowledged.
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , modules, path, count] = process.argv;
const load = (name) => import(pathToFileURL(`${modules}/${name}`).href);
const { openDuckDbStore } = await load('store/duckdb-store.js');
const { systemClock } = await load('time/affine-clock.js');

const store = await openDuckDbStore({ path, clock: systemClock });
const symbols = Array.from({ length: Number(count) }, (_, index) => `S${index}`);
const bar = (symbol, minute, c) => ({
  type: 'bar',
  symbol,
  minute,
  o: 1,
  h: 3,
  l: 1,
  c,
  v: 10,
  n: 1,
  vw: 2,
  feed: 'iex',
  receivedAt: minute * 60_000,
  version: 1,
});

let minute = (store.memory.lastSeal?.minute ?? 999) + 1;
writeSync(1, `from ${minute}\n`);
for (; ; minute++) {
  await store.commit({
    bars: [
      ...symbols.map((symbol) => bar(symbol, minute, 1)),
      ...(minute > 1_000 ? symbols.map((symbol) => bar(symbol, minute - 1, 2)) : []),
    ],
    advances: [{ feed: 'iex', symbols, from: minute, to: minute + 1 }],
    seals: [{ minute, sealedAt: 0, bars: symbols.length, quiet: 0 }],
  });
  writeSync(1, `${minute}\n`);
}
