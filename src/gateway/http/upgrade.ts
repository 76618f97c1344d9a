import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Feed } from '../../market/feed.ts';
import type { AddressRate } from '../guard/address-rate.ts';
import type { OriginPolicy } from '../guard/origin.ts';
import { parseEndpoint } from '../stream/endpoint.ts';
import type { StreamServer } from '../stream/stream-server.ts';
import { addressOf } from './http-server.ts';

export interface UpgradeWorld {
  readonly origin: OriginPolicy;
  readonly upgrades: AddressRate;
  readonly served: readonly Feed[];
  readonly streams: StreamServer;
  readonly maxClients: number;
}

const texts: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** Let a WebSocket in, or answer with plain HTTP why not. */
export function answerUpgrade(
  world: UpgradeWorld,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.on('error', () => socket.destroy());
  const refuse = (status: number, message: string) => {
    const body = JSON.stringify({ message });
    socket.end(
      `HTTP/1.1 ${status} ${texts[status] ?? 'Error'}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  };
  const refusal = world.origin.refusal(request);
  if (refusal !== undefined) return refuse(403, refusal);
  const address = addressOf(request);
  if (!world.upgrades.spend(address).allowed) return refuse(429, 'too many requests.');
  if (world.streams.size >= world.maxClients) return refuse(503, 'there are too many connections');
  let url: URL;
  try {
    url = new URL(`http://host${(request.url ?? '/').replace(/^\/+/, '/')}`);
  } catch {
    return refuse(400, 'the address is malformed');
  }
  const endpoint = parseEndpoint(url, world.served);
  if ('status' in endpoint) return refuse(endpoint.status, endpoint.message);
  world.streams.accept(request, socket, head, endpoint, address);
}
