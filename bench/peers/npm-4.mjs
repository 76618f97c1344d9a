// @alpacahq/alpaca-trade-api 4.x: its multi-symbol call, page after page, for 100 symbols at a time.
import { marketData } from 'alpaca-sdk-4';
import { batchesOf, readTask, runCycles } from './cycles.mjs';

const task = await readTask();
const stocks = new marketData.StockApi(
  new marketData.Configuration({ basePath: task.url, keyId: 'npm4', secret: 'npm4-secret' }),
);
await runCycles(task, async (symbols, start, end, deliver, isOver, failures) => {
  for (const some of batchesOf(symbols, 100)) {
    if (isOver()) return;
    try {
      for (let pageToken; ; ) {
        const page = await stocks.stockBars({
          symbols: some.join(','),
          timeframe: '1Min',
          start: new Date(start),
          end: new Date(end),
          feed: 'iex',
          limit: 10_000,
          ...(pageToken ? { pageToken } : {}),
        });
        for (const [symbol, bars] of Object.entries(page.bars))
          for (const bar of bars) deliver(symbol, new Date(bar.t ?? bar.timestamp).getTime());
        pageToken = page.nextPageToken;
        if (!pageToken) break;
      }
    } catch {
      failures.count += 1;
    }
  }
});
