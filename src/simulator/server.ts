import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../time/clock.ts';
import type { Answer, SimulatorResponse } from './exchange.ts';
import type { Handler } from './handler.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** For answers that come late. */
  readonly clock: Clock;
}

export interface RunningServer {
  /** `http://127.0.0.1:8767` */
  readonly url: string;
  readonly port: number;
  /** Breaks what is in flight and frees the port. */
  close: () => Promise<void>;
}

/** Room for the longest request line that the handler may be told to take. */
const maxHeaderBytes = 256 * 1024;
/** Bodies below this are not worth packing. */
const smallestPacked = 1_400;
const pack = promisify(gzip);

/** The handler on a port. Rejects with the system's error when the port cannot be had. */
export async function serve(handler: Handler, { host, port, clock }: ServerOptions): Promise<RunningServer> {
  const closing = new AbortController();
  const server = createServer({ maxHeaderSize: maxHeaderBytes }, (request, response) => {
    request.resume();
    void deliver(handler, clock, closing.signal, request, response);
  });
  await listen(server, host, port);
  const taken = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    port: taken,
    close: () => {
      closing.abort();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      return closed;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function deliver(
  handler: Handler,
  clock: Clock,
  closing: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const result = handler.handle({
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: flatten(request),
  });
  try {
    await make(result, clock, closing, request, response);
  } catch {
    // The simulator is closing: nobody waits for this answer any more.
    request.socket.destroy();
  }
}

async function make(
  result: SimulatorResponse,
  clock: Clock,
  closing: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (result.kind) {
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'hang':
      // The socket stays open and mute until the client or the simulator closes it.
      return;
    case 'torn':
      sendTorn(response, result.answer, result.keep, result.framed);
      return;
    case 'answer':
      if (result.afterMs > 0) await clock.sleep(result.afterMs, closing);
      await send(response, result.answer, request.headers['accept-encoding'] ?? '');
      return;
  }
}

async function send(response: ServerResponse, answer: Answer, accepted: string): Promise<void> {
  const packed = /\bgzip\b/.test(accepted) && answer.body.length >= smallestPacked;
  const body = packed ? await pack(answer.body, { level: 1 }) : Buffer.from(answer.body, 'utf8');
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(packed ? { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' } : {}),
    'Content-Length': String(body.length),
  });
  response.end(body);
}

/** A body that ends too early: whole for HTTP, or with the connection broken in its middle. */
function sendTorn(response: ServerResponse, answer: Answer, keep: number, framed: boolean): void {
  const part = Buffer.from(answer.body.slice(0, keep), 'utf8');
  const length = framed ? part.length : Buffer.byteLength(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': String(length) });
  if (framed) response.end(part);
  else response.write(part, () => response.destroy());
  if (!framed && part.length === 0) response.destroy();
}

function flatten(request: IncomingMessage): Record<string, string | undefined> {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
