import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createNodeTransport } from '../../src/alpaca/node-transport.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on a free port and a transport to it. */
async function setUp(handler: Handler, timeoutMs = 30_000, idleMs = 4_000) {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const transport = createNodeTransport({ connections: 4, timeoutMs, idleMs });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  open.push(() => transport.close(), close);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { transport, url, close, server };
}

const broken = (message: RegExp) => ({
  name: 'FleeceError',
  code: 'network',
  retryable: true,
  message: expect.stringMatching(message) as string,
});

describe('createNodeTransport', () => {
  it('gets a whole answer of any status, with its headers in lower case', async () => {
    const { transport, url } = await setUp((_, response) => {
      response.writeHead(429, { 'X-Trace': 'a', 'Content-Type': 'application/json' }).end('{"message":"ü"}');
    });
    const answer = await transport.get(`${url}/x`, {});
    expect(answer).toMatchObject({ status: 429, headers: { 'x-trace': 'a' }, body: '{"message":"ü"}' });
  });

  it('sends path, query with raw commas, and headers as they are given', async () => {
    const seen: unknown[] = [];
    const { transport, url } = await setUp((request, response) => {
      seen.push([request.method, request.url, request.headers['apca-api-key-id']]);
      response.end('{}');
    });
    await transport.get(`${url}/v2/stocks/bars?symbols=A,BRK.B&page_token=QQ%3D%3D`, {
      'apca-api-key-id': 'K',
    });
    expect(seen).toEqual([['GET', '/v2/stocks/bars?symbols=A,BRK.B&page_token=QQ%3D%3D', 'K']]);
  });

  it('unpacks gzip', async () => {
    const text = JSON.stringify({ bars: 'x'.repeat(100_000) });
    const { transport, url } = await setUp((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text));
    });
    expect((await transport.get(url, {})).body).toBe(text);
  });

  it('follows no redirect, so that the keys go to one host only', async () => {
    let asked = 0;
    const { transport, url } = await setUp((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect((await transport.get(url, {})).status).toBe(302);
    expect(asked).toBe(1);
  });

  it.each<[string, Handler, RegExp]>([
    ['a reset', (request) => request.socket.destroy(), /reset|closed|socket/],
    [
      'a body that is cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"bars":', () => response.destroy());
      },
      /reset|terminated|closed|aborted/,
    ],
    [
      'gzip that is none',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain'),
      /header/,
    ],
    [
      'gzip that is cut off',
      (_, response) => {
        const packed = gzipSync('y'.repeat(100_000));
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed.subarray(0, packed.length - 20));
      },
      /unexpected end/,
    ],
    ['no HTTP at all', (request) => request.socket.end('SSH-2.0-nothing\r\n\r\n'), /./],
  ])('calls %s a network failure that may pass', async (_, handler, message) => {
    const { transport, url } = await setUp(handler);
    await expect(transport.get(url, {})).rejects.toMatchObject(broken(message));
  });

  it('gives up on headers and on a body that do not come', async () => {
    const silent = await setUp(() => undefined, 300);
    await expect(silent.transport.get(silent.url, {})).rejects.toMatchObject(
      broken(/timed out after 300 ms/),
    );
    const stuck = await setUp((_, response) => {
      response.writeHead(200);
      response.write('{"bars"');
    }, 300);
    await expect(stuck.transport.get(stuck.url, {})).rejects.toMatchObject(broken(/timed out after 300 ms/));
  });

  it('says when nobody listens', async () => {
    const { transport, url, close } = await setUp(() => undefined);
    await close();
    await expect(transport.get(url, {})).rejects.toMatchObject(broken(/connection refused/));
  });

  it('rejects with the reason of its signal, and names no failure of the network', async () => {
    const stop = new AbortController();
    const { transport, url } = await setUp(() => stop.abort(new Error('stopped')));
    await expect(transport.get(url, {}, stop.signal)).rejects.toThrow('stopped');
    await expect(transport.get(url, {}, stop.signal)).rejects.toThrow('stopped');
  });

  it('goes on after a failure on the same connections', async () => {
    let asked = 0;
    const { transport, url } = await setUp((request, response) => {
      asked += 1;
      if (asked % 2 === 1) request.socket.destroy();
      else response.end('fine');
    });
    for (let round = 0; round < 5; round++) {
      await expect(transport.get(url, {})).rejects.toMatchObject({ code: 'network' });
      expect((await transport.get(url, {})).body).toBe('fine');
    }
  });

  it('asks again on a connection that is open, and lets one go that is idle', async () => {
    const { transport, url, server } = await setUp((_, response) => response.end('fine'), 30_000, 200);
    let connections = 0;
    const idle = new Promise<void>((resolve) => {
      server.on('connection', (socket) => {
        connections += 1;
        socket.on('close', () => resolve());
      });
    });
    await transport.get(url, {});
    await idle;
    expect((await transport.get(url, {})).body).toBe('fine');
    expect(connections).toBe(2);
  });

  it('waits for an answer longer than for a connection that is idle, new or used before', async () => {
    const held: ServerResponse[] = [];
    const { transport, url } = await setUp(
      (request, response) => {
        if (request.url === '/at-once') response.end();
        else held.push(response);
      },
      30_000,
      50,
    );
    await transport.get(`${url}/at-once`, {});
    const answers = Promise.all([transport.get(url, {}), transport.get(url, {})]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const response of held) response.end('late');
    expect((await answers).map(({ body }) => body)).toEqual(['late', 'late']);
  });
});
