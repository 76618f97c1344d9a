// Bars with their revisions in a store of your own: here a file to which lines are appended, and which can be read
// again from its start. The last line of a symbol and minute is the one that counts.
//
//   node examples/own-store.js bars.ndjson AAPL MSFT
import { appendFile, readFile } from 'node:fs/promises';
import { parseClock, streamBars, systemClock, toStreamBar } from 'alpaca-fleece';

const [file = 'bars.ndjson', ...named] = process.argv.slice(2);
const symbols = named.length > 0 ? named : ['AAPL', 'MSFT', 'NVDA'];
const clock = process.env['FLEECE_CLOCK'] ? parseClock(process.env['FLEECE_CLOCK']) : systemClock;

/** Symbol and minute, and what the file says of them last. @type {Map<string, string>} */
const known = new Map();
for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean)) {
  const bar = JSON.parse(line);
  known.set(`${bar.S} ${bar.t}`, valuesOf(bar));
}
console.log(`${known.size} bars in ${file}`);

const stream = streamBars({ symbols, clock });
process.once('SIGINT', () => stream.stop());

let written = 0;
// All bars of an answer come together: one write for each answer. While it is written, the asking waits.
for await (const batch of stream.batches()) {
  let text = '';
  for (const event of batch) {
    if (event.type !== 'bar' && event.type !== 'revision') continue;
    const bar = toStreamBar(event);
    const values = valuesOf(bar);
    // With `since`, this run may bring what an earlier one has written.
    if (known.get(`${bar.S} ${bar.t}`) === values) continue;
    known.set(`${bar.S} ${bar.t}`, values);
    text += `${JSON.stringify(bar)}\n`;
    written += 1;
  }
  if (text !== '') await appendFile(file, text);
}
console.log(`${written} lines written, ${known.size} bars in ${file}`);

/** @param {import('alpaca-fleece').StreamBar} bar */
function valuesOf({ o, h, l, c, v, n, vw }) {
  return [o, h, l, c, v, n, vw].join(' ');
}
