// Bars of some symbols on the console, until you press Ctrl-C.
//
//   node examples/console.js AAPL MSFT BRK.B
import { isFleeceError, parseClock, streamBars, systemClock, toIsoMinute } from 'alpaca-fleece';

const named = process.argv.slice(2);
const symbols = named.length > 0 ? named : ['AAPL', 'MSFT', 'NVDA'];

// Ctrl-C ends the loop, and the connections are closed before the process goes.
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

// Only for trying it out: a clock that runs fast, as that of `fleece simulate`.
const clock = process.env['FLEECE_CLOCK'] ? parseClock(process.env['FLEECE_CLOCK']) : systemClock;

try {
  for await (const bar of streamBars({ symbols, signal: stop.signal, clock })) {
    const { symbol, minute, o, h, l, c, v } = bar;
    console.log(toIsoMinute(minute), symbol.padEnd(6), `o ${o} h ${h} l ${l} c ${c} v ${v}`);
  }
} catch (error) {
  // The message of a FleeceError is complete. Anything else is a fault of this program.
  if (!isFleeceError(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
