// A bot on the 4.x line of the official npm package, as a user would write it. Prints what it gets, a JSON
// object a line. argv: host:port, comma list of symbols.
import { Alpaca, marketData } from 'alpaca-sdk-4';

const [address, list] = process.argv.slice(2);
const symbols = list.split(',');
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const keys = { keyId: 'PKUSERSOWN', secret: 'users-own-secret' };

const stocks = new marketData.StockApi(
  new marketData.Configuration({ basePath: `http://${address}`, ...keys }),
);
const window = {
  timeframe: '1Min',
  start: new Date('2026-01-14T14:30:00Z'),
  end: new Date('2026-01-14T14:40:00Z'),
  feed: 'iex',
};
const rest = [];
for (let pageToken; ; ) {
  const page = await stocks.stockBars({
    symbols: symbols.join(','),
    ...window,
    limit: 7,
    ...(pageToken ? { pageToken } : {}),
  });
  for (const [symbol, bars] of Object.entries(page.bars))
    for (const bar of bars) rest.push([symbol, bar.t ?? bar.timestamp, bar.c ?? bar.close]);
  pageToken = page.nextPageToken;
  if (!pageToken) break;
}
print({ rest });
const latest = await stocks.stockLatestBars({ symbols: symbols.slice(0, 3).join(','), feed: 'iex' });
print({ latest: Object.keys(latest.bars) });

const alpaca = new Alpaca(keys);
const stream = alpaca.marketData.stockStream({ url: `ws://${address}/v2/iex` });
stream.onConnect(() => {
  stream.subscribeForBars(symbols);
  stream.subscribeForUpdatedBars(symbols);
  stream.subscribeForDailyBars(symbols.slice(0, 1));
});
stream.onError((error) => print({ error }));
const shown = (bar) => ({
  S: bar.symbol,
  t: bar.timestamp,
  o: bar.open,
  h: bar.high,
  l: bar.low,
  c: bar.close,
  v: bar.volume,
  n: bar.tradeCount,
  vw: bar.vwap,
});
stream.onBar((bar) => print({ T: 'b', ...shown(bar) }));
stream.onUpdatedBar((bar) => print({ T: 'u', ...shown(bar) }));
stream.onDailyBar((bar) => print({ T: 'd', ...shown(bar) }));
stream.connect();
process.stdin.resume();
process.stdin.on('end', () => {
  stream.disconnect();
  process.exit(0);
});
