import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createNet, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FleeceError, messageOf } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';

export interface TlsFiles {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly maxConnections: number;
  readonly wallClock: Clock;
  readonly onRequest: RequestListener;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface Listener {
  readonly address: AddressInfo;
  /** Take no more connections; resolves when all are gone. What is idle is cut at once, the rest by `cut`. */
  close(): Promise<void>;
  /** Cut every connection that is left. */
  cut(): void;
}

/** A peer that has not sent its first byte, or the whole head of its request, by then is cut off. */
const headMs = 10_000;
const requestMs = 30_000;

const limits = {
  maxHeaderSize: 64 * 1024,
  headersTimeout: headMs,
  requestTimeout: requestMs,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
  noDelay: true,
};

/**
 * One port for plain and for TLS connections: a TLS connection shows itself by its first byte, so that every
 * address works with `http`, `ws`, `https` and `wss` alike.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const plain = createHttp(limits, options.onRequest);
  const secure = options.tls && createHttps({ ...limits, ...options.tls }, options.onRequest);
  for (const server of secure ? [plain, secure] : [plain]) {
    server.on('upgrade', options.onUpgrade);
    server.on('clientError', onClientError);
    server.maxHeadersCount = 100;
  }
  secure?.on('tlsClientError', (_error, socket) => socket.destroy());
  const front: NetServer = secure
    ? createNet((socket) => sort(socket, plain, secure, options.wallClock))
    : plain;
  const open = new Set<Socket>();
  front.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  front.maxConnections = options.maxConnections;
  await start(front, options);
  return {
    address: front.address() as AddressInfo,
    close: () =>
      new Promise((resolve) => {
        front.close(() => resolve());
        plain.closeIdleConnections();
        secure?.closeIdleConnections();
        if (secure) {
          plain.close();
          secure.close();
        }
      }),
    cut: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

/** The first byte of a TLS connection: a handshake record. */
const tlsHandshake = 0x16;

function sort(socket: Socket, plain: HttpServer, secure: NetServer, wallClock: Clock): void {
  const spoke = new AbortController();
  socket.once('close', () => spoke.abort());
  wallClock.sleep(headMs, spoke.signal).then(
    () => socket.destroy(),
    () => undefined,
  );
  socket.once('data', (first: Buffer) => {
    spoke.abort();
    socket.pause();
    socket.unshift(first);
    const server = first[0] === tlsHandshake ? secure : plain;
    server.emit('connection', socket);
    process.nextTick(() => socket.resume());
  });
}

function onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

function start(server: NetServer, { host, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, host, port)));
    server.listen({ host, port, backlog: 1024 }, () => resolve());
  });
}

function explained(error: NodeJS.ErrnoException, host: string, port: number): FleeceError {
  const why: Record<string, string> = {
    EADDRINUSE: 'another program listens there; stop it or take another --port',
    EACCES: 'this user may not listen on that port; take one above 1023',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'the host name is unknown',
  };
  const reason = why[error.code ?? ''] ?? messageOf(error);
  return new FleeceError('usage', `cannot listen on ${host} port ${port}: ${reason}`, { cause: error });
}
