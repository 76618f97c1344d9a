import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFleeceError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { AddressRate } from '../guard/address-rate.ts';
import type { OriginPolicy } from '../guard/origin.ts';
import type { KeyRing } from '../guard/key-ring.ts';
import { shownKeys } from '../guard/shown-keys.ts';
import { type DataEndpoint, dataEndpoints } from '../rest/data-endpoints.ts';
import type { DataWorld } from '../rest/data-world.ts';
import { json, send, sendMessage, sendUnauthorizedPage } from './answer.ts';
import { findRoute, type Route } from './route.ts';
import { readStatic } from './static-files.ts';

export interface HttpWorld {
  readonly data: DataWorld;
  readonly origin: OriginPolicy;
  readonly keys: KeyRing;
  readonly requests: AddressRate;
  readonly wrongKeys: AddressRate;
  readonly routes: readonly Route[];
  readonly staticFolder: string | undefined;
  readonly wallClock: Clock;
  readonly onAnswered: (route: string, status: number, seconds: number) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Longer addresses are refused: 5,000 symbols take some 30 KB. */
const longestUrl = 48 * 1024;

/** Answer one request, whatever it holds. */
export async function answerHttp(world: HttpWorld, request: IncomingMessage, response: ServerResponse) {
  const begun = world.wallClock.now();
  let route = 'other';
  const name = (known: string) => {
    route = known;
  };
  response.once('close', () => {
    world.onAnswered(route, response.statusCode, (world.wallClock.now() - begun) / 1000);
  });
  try {
    await answer(world, request, response, name);
  } catch (error) {
    await answerFailure(world, request, response, error);
  }
}

export function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown';
}

async function answer(
  world: HttpWorld,
  request: IncomingMessage,
  response: ServerResponse,
  name: (route: string) => void,
): Promise<void> {
  const address = addressOf(request);
  const rate = world.requests.spend(address);
  response.setHeader('X-Request-ID', randomUUID().replaceAll('-', ''));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-RateLimit-Limit', world.requests.limit.perMinute);
  response.setHeader('X-RateLimit-Remaining', rate.remaining);
  const reset = Math.ceil((world.wallClock.now() + rate.fullInMs) / 1000);
  response.setHeader('X-RateLimit-Reset', reset);
  const refusal = world.origin.refusal(request);
  if (refusal !== undefined) return sendMessage(request, response, 403, refusal);
  if (!rate.allowed) return sendMessage(request, response, 429, 'too many requests.');
  const target = request.url ?? '/';
  if (target.length > longestUrl)
    return sendMessage(request, response, 414, `the address is longer than ${longestUrl} characters`);
  const url = parseTarget(target);
  if (!url) return sendMessage(request, response, 400, 'the address is malformed');
  for (const endpoint of dataEndpoints) {
    const match = endpoint.path.exec(url.pathname);
    if (!match) continue;
    name(endpoint.route);
    return answerData(world, request, response, endpoint, url, match.slice(1));
  }
  return answerOther(world, request, response, url, name);
}

async function answerData(
  world: HttpWorld,
  request: IncomingMessage,
  response: ServerResponse,
  endpoint: DataEndpoint,
  url: URL,
  names: readonly string[],
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return sendMessage(request, response, 405, 'method not allowed');
  const free = endpoint.group === 'crypto' && world.keys.isOpen;
  if (!free && !mayPass(world, request)) {
    return endpoint.group === 'trading'
      ? sendMessage(request, response, 401, 'request is not authorized.', 40110000)
      : sendUnauthorizedPage(request, response);
  }
  const ask = { world: world.data, query: url.searchParams, names: names.map(decoded) };
  return send(request, response, 200, json, await endpoint.answer(ask));
}

async function answerOther(
  world: HttpWorld,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  name: (route: string) => void,
): Promise<void> {
  const method = request.method ?? 'GET';
  const route = findRoute(world.routes, method, url.pathname);
  if (route === 'method') return sendMessage(request, response, 405, 'method not allowed');
  if (route) {
    name(route.path);
    if (!route.open && !world.keys.isOpen && !mayPass(world, request)) {
      response.setHeader('WWW-Authenticate', 'Basic realm="fleece"');
      return sendMessage(request, response, 401, 'a client key is needed here');
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return route.handler(request, response, { url, address: addressOf(request), signal: gone.signal });
  }
  const file =
    world.staticFolder !== undefined && (method === 'GET' || method === 'HEAD')
      ? await readStatic(world.staticFolder, url.pathname)
      : undefined;
  if (!file) return sendMessage(request, response, 404, 'Not Found');
  name('static');
  response.setHeader('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  return send(request, response, 200, file.type, file.body);
}

function mayPass(world: HttpWorld, request: IncomingMessage): boolean {
  const address = addressOf(request);
  const shown = shownKeys(request.headers);
  // Looking costs nothing; each wrong pair costs one, and who has none left is not even looked at.
  if (!world.wrongKeys.spend(address, 0).allowed) return false;
  if (world.keys.accepts(shown)) return true;
  if (shown) world.wrongKeys.spend(address);
  return false;
}

function parseTarget(target: string): URL | undefined {
  try {
    // Only the path and the query are of interest: an absolute target names a host that was checked already.
    return target.startsWith('/') ? new URL(`http://host${target.replace(/^\/+/, '/')}`) : new URL(target);
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function answerFailure(
  world: HttpWorld,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): Promise<void> {
  const spoken = isFleeceError(error) && ['usage', 'bad_request', 'forbidden'].includes(error.code);
  if (!spoken) world.onFailure(error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (isFleeceError(error) && spoken)
    return sendMessage(request, response, error.status ?? 400, error.message);
  const busy = isFleeceError(error) && (error.code === 'circuit_open' || error.code === 'rate_limited');
  return busy
    ? sendMessage(request, response, 503, 'the service behind is not answering: ask again later')
    : sendMessage(request, response, 500, 'internal server error');
}
