// An alarm when minutes could not be asked for, and the all-clear when they were made good.
//
//   node examples/gap-alarm.js AAPL MSFT
import { parseClock, streamBars, systemClock, toIsoMinute } from 'alpaca-fleece';

const named = process.argv.slice(2);
const symbols = named.length > 0 ? named : ['AAPL', 'MSFT', 'NVDA'];
const clock = process.env['FLEECE_CLOCK'] ? parseClock(process.env['FLEECE_CLOCK']) : systemClock;

/** Put here what wakes you up: a mail, a chat, a pager. @param {string} text */
function alarm(text) {
  console.log(`ALARM ${text}`);
}

/** Symbols that lack minutes at present. @type {Set<string>} */
const behind = new Set();
const slowPassMs = 30_000;

const stream = streamBars({ symbols, clock })
  .on('gap', (gap) => {
    const span = `${toIsoMinute(gap.from)} to ${toIsoMinute(gap.to)}`;
    for (const symbol of gap.symbols) {
      if (gap.state === 'open') behind.add(symbol);
      else behind.delete(symbol);
    }
    if (gap.state === 'open') alarm(`${gap.symbols.length} symbols lack ${span}: ${gap.reason}`);
    else console.log(`made good: ${gap.symbols.length} symbols, ${span}; ${behind.size} are still behind`);
  })
  .on('quarantine', ({ symbol, reason }) => alarm(`${symbol} is set aside: ${reason}`))
  .on('pass', ({ minute, startedAt, finishedAt }) => {
    const took = finishedAt - startedAt;
    if (took > slowPassMs) alarm(`the poll of ${toIsoMinute(minute)} took ${Math.round(took / 1000)} s`);
  });
process.once('SIGINT', () => stream.stop());

let left = 0;
for await (const bar of stream) {
  // A strategy may rather not act on a symbol that lacks minutes.
  if (behind.has(bar.symbol)) left += 1;
  else console.log(toIsoMinute(bar.minute), bar.symbol, bar.c);
}
console.log(`${left} bars came while their symbol was behind`);
