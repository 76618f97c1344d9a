import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Clock, EpochMs } from '../../time/clock.ts';
import { isLoopback } from '../guard/origin.ts';
import { shownKeys } from '../guard/shown-keys.ts';
import { StreamClient } from './client.ts';
import { type Codec, jsonCodec, msgpackCodec } from './codec.ts';
import { Conversation, type ConversationWorld } from './conversation.ts';
import type { Endpoint } from './endpoint.ts';

/** Alpaca's own times, in milliseconds. */
const authMs = 10_000;
const pingEveryMs = 54_000;
const pongWithinMs = 6_000;
/** How long a peer may take to answer a close frame. */
const closeWithinMs = 2_000;
const sweepEveryMs = 500;
/** Messages of this many seconds may come at once. */
const burstSeconds = 10;

export interface StreamServerOptions {
  readonly world: ConversationWorld;
  readonly clock: Clock;
  /** Real time, for what has to do with sockets. */
  readonly wallClock: Clock;
  readonly maxMessageBytes: number;
  readonly outboxBytes: number;
  readonly messagesPerSecond: number;
  /** Told when a client has been cut off for slowness. */
  readonly onSlow: (client: StreamClient) => void;
}

interface Connection {
  readonly client: StreamClient;
  readonly conversation: Conversation;
  readonly openedAt: EpochMs;
  pingedAt: EpochMs;
  awaitsPong: boolean;
  /** Messages that it may still send, and when that was reckoned. */
  credit: number;
  creditAt: EpochMs;
  /** When it is cut off if it is still there. */
  cutAt: EpochMs | undefined;
}

/** Every WebSocket connection: its life from upgrade to close, and the times that go with it. */
export class StreamServer {
  readonly #options: StreamServerOptions;
  readonly #server: WebSocketServer;
  readonly #connections = new Map<StreamClient, Connection>();
  readonly #stop = new AbortController();

  constructor(options: StreamServerOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxMessageBytes,
      perMessageDeflate: { threshold: 1024, concurrencyLimit: 4, zlibDeflateOptions: { level: 1 } },
    });
    void this.#sweepForever();
  }

  get clients(): IterableIterator<StreamClient> {
    return this.#connections.keys();
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Connections from `address`. */
  countFrom(address: string): number {
    let count = 0;
    for (const { address: other } of this.#connections.keys()) if (other === address) count += 1;
    return count;
  }

  /** Finish an upgrade that may go through. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, endpoint: Endpoint, address: string): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#open(ws, request, endpoint, address));
  }

  /** Send everyone away. Resolves when they are gone, within some two seconds. */
  async close(): Promise<void> {
    for (const { client } of this.#connections.values()) this.#end(client, 1001, 'the service is stopping');
    const { wallClock } = this.#options;
    const until = wallClock.now() + closeWithinMs;
    while (this.#connections.size > 0 && wallClock.now() < until) await wallClock.sleep(20);
    this.#stop.abort();
    for (const { client } of this.#connections.values()) client.socket.terminate();
    this.#server.close();
  }

  #open(ws: WebSocket, request: IncomingMessage, endpoint: Endpoint, address: string): void {
    const { world, wallClock, clock, outboxBytes } = this.#options;
    const client = new StreamClient({
      socket: ws,
      codec: codecOf(request),
      endpoint,
      address,
      clock,
      outboxBytes,
      // Compressing costs more than the loopback device does.
      compress: !isLoopback(address),
      onSlow: (slow) => {
        this.#end(slow, 1008, 'slow client');
        this.#options.onSlow(slow);
      },
    });
    const now = wallClock.now();
    const connection: Connection = {
      client,
      conversation: new Conversation(client, world),
      openedAt: now,
      pingedAt: now,
      awaitsPong: false,
      credit: this.#options.messagesPerSecond * burstSeconds,
      creditAt: now,
      cutAt: undefined,
    };
    this.#connections.set(client, connection);
    ws.on('pong', () => {
      connection.awaitsPong = false;
    });
    ws.on('message', (data, binary) => this.#receive(connection, data, binary));
    // ws has already answered a broken frame with the right close code.
    ws.on('error', () => undefined);
    ws.on('close', () => {
      this.#connections.delete(client);
      connection.conversation.close();
    });
    const shown = shownKeys(request.headers);
    const keys =
      shown &&
      ('token' in shown ? { key: 'oauth', secret: shown.token } : { key: shown.id, secret: shown.secret });
    connection.conversation.open(keys);
  }

  #receive(connection: Connection, data: RawData, binary: boolean): void {
    if (connection.cutAt !== undefined) return;
    this.#refill(connection, this.#options.wallClock.now());
    connection.credit -= 1;
    if (connection.credit < 0) connection.client.pause('rate');
    connection.conversation.receive(toBuffer(data), binary);
  }

  /** A bot that subscribes symbol by symbol is not cut off: what it sends too fast is read later. */
  #refill(connection: Connection, now: EpochMs): void {
    const rate = this.#options.messagesPerSecond;
    const gained = ((now - connection.creditAt) / 1000) * rate;
    connection.credit = Math.min(rate * burstSeconds, connection.credit + gained);
    connection.creditAt = now;
    if (connection.credit > 0) connection.client.resume('rate');
  }

  #end(client: StreamClient, code: number, reason: string): void {
    const connection = this.#connections.get(client);
    if (!connection || connection.cutAt !== undefined) return;
    connection.cutAt = this.#options.wallClock.now() + closeWithinMs;
    client.close(code, reason);
  }

  async #sweepForever(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#options.wallClock.sleep(sweepEveryMs, signal);
      } catch {
        return;
      }
      const now = this.#options.wallClock.now();
      for (const connection of this.#connections.values()) this.#sweep(connection, now);
    }
  }

  #sweep(connection: Connection, now: EpochMs): void {
    const { client } = connection;
    this.#refill(connection, now);
    if (connection.cutAt !== undefined) {
      if (now >= connection.cutAt) client.socket.terminate();
    } else if (!client.authenticated && now - connection.openedAt >= authMs) {
      client.error(404);
      this.#end(client, 1008, 'auth timeout');
    } else if (connection.awaitsPong) {
      if (client.paused) connection.pingedAt = now;
      else if (now - connection.pingedAt >= pongWithinMs) client.socket.terminate();
    } else if (now - connection.pingedAt >= pingEveryMs) {
      connection.pingedAt = now;
      connection.awaitsPong = true;
      client.socket.ping();
    }
  }
}

function codecOf(request: IncomingMessage): Codec {
  return request.headers['content-type']?.includes('msgpack') ? msgpackCodec : jsonCodec;
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
