// A bot on Alpaca's own npm package that gets its bars from `fleece serve`. Only the URL is another one.
//
//   npx fleece serve AAPL MSFT NVDA
//   node examples/sdk-bot.js AAPL MSFT NVDA
//
// In a project of your own the package is '@alpacahq/alpaca-trade-api' (4.x); here it is installed under another
// name, beside the 3.x line.
import { Alpaca } from 'alpaca-sdk-4';

const named = process.argv.slice(2);
const symbols = named.length > 0 ? named : ['AAPL', 'MSFT', 'NVDA'];
const url = process.env['FLEECE_URL'] ?? 'ws://127.0.0.1:8765/v2/iex';
const length = 5;

/** The last closes of each symbol. @type {Map<string, number[]>} */
const closes = new Map();

// Fleece on this machine takes any keys that are not empty.
const alpaca = new Alpaca({ keyId: 'any', secret: 'any' });
const stream = alpaca.marketData.stockStream({ url });
stream.onConnect(() => stream.subscribeForBars(symbols));
stream.onError((error) => console.error(error));
stream.onBar(({ symbol, timestamp, close }) => {
  const last = [...(closes.get(symbol) ?? []), close].slice(-length);
  closes.set(symbol, last);
  if (last.length < length) return;
  const mean = last.reduce((sum, price) => sum + price, 0) / length;
  console.log(
    new Date(timestamp).toISOString(),
    symbol,
    close > mean ? 'above' : 'below',
    `its mean of ${mean.toFixed(2)}`,
  );
});
process.once('SIGINT', () => {
  stream.disconnect();
  process.exit(0);
});
stream.connect();
