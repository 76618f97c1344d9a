// A bot on the 3.x line of the official npm package, as a user would write it. Prints what it gets, a JSON
// object a line. argv: host:port, comma list of symbols. The package always speaks wss to a stream.
import Alpaca from 'alpaca-sdk-3';

const [address, list] = process.argv.slice(2);
const symbols = list.split(',');
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const alpaca = new Alpaca({
  keyId: 'PKUSERSOWN',
  secretKey: 'users-own-secret',
  baseUrl: `https://${address}`,
  dataBaseUrl: `https://${address}`,
  dataStreamUrl: `https://${address}`,
  feed: 'iex',
});

const rest = [];
const window = { start: '2026-01-14T14:30:00Z', end: '2026-01-14T14:40:00Z', timeframe: '1Min', feed: 'iex' };
const map = await alpaca.getMultiBarsV2(symbols, { ...window, pageLimit: 100 });
for (const [symbol, bars] of map) for (const bar of bars) rest.push([symbol, bar.Timestamp, bar.ClosePrice]);
print({ rest });
for await (const bar of alpaca.getBarsV2(symbols[0], window)) print({ one: [bar.Timestamp, bar.Volume] });
const latest = await alpaca.getLatestBars(symbols.slice(0, 3));
print({ latest: [...latest.keys()] });
print({
  clock: (await alpaca.getClock()).is_open,
  calendar: (await alpaca.getCalendar({ start: '2026-01-14', end: '2026-01-16' })).length,
});

const stream = alpaca.data_stream_v2;
stream.onConnect(() => {
  stream.subscribeForBars(symbols);
  stream.subscribeForUpdatedBars(symbols);
  stream.subscribeForDailyBars(symbols.slice(0, 1));
});
stream.onError((error) => print({ error: String(error) }));
const shown = (bar) => ({
  S: bar.Symbol,
  t: bar.Timestamp,
  o: bar.OpenPrice,
  h: bar.HighPrice,
  l: bar.LowPrice,
  c: bar.ClosePrice,
  v: bar.Volume,
  n: bar.TradeCount,
  vw: bar.VWAP,
});
stream.onStockBar((bar) => print({ T: 'b', ...shown(bar) }));
stream.onStockUpdatedBar((bar) => print({ T: 'u', ...shown(bar) }));
stream.onStockDailyBar((bar) => print({ T: 'd', ...shown(bar) }));
stream.connect();
process.stdin.resume();
process.stdin.on('end', () => {
  stream.disconnect();
  process.exit(0);
});
