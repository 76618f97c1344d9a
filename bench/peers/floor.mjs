// The least that reading the pages can cost here: node:http, gunzip and JSON.parse, 100 symbols a request.
import * as http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { batchesOf, readTask, runCycles } from './cycles.mjs';

const task = await readTask();
const agent = new http.Agent({ keepAlive: true });
const headers = {
  'apca-api-key-id': 'floor',
  'apca-api-secret-key': 'floor-secret',
  'accept-encoding': 'gzip',
};

await runCycles(task, async (symbols, start, end, deliver, isOver) => {
  const window = `start=${new Date(start).toISOString()}&end=${new Date(end).toISOString()}`;
  for (const some of batchesOf(symbols, 100)) {
    if (isOver()) return;
    const path = `/v2/stocks/bars?symbols=${some.join(',')}&timeframe=1Min&${window}&feed=iex&limit=10000`;
    const { bars } = JSON.parse(await textOf(path));
    for (const symbol in bars) for (const bar of bars[symbol]) deliver(symbol, Date.parse(bar.t));
  }
});

function textOf(path) {
  return new Promise((resolve, reject) => {
    const request = http.get(task.url + path, { agent, headers }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const body = Buffer.concat(parts);
        resolve((response.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
      });
    });
    request.on('error', reject);
  });
}
