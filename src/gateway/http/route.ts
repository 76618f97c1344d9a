import type { IncomingMessage, ServerResponse } from 'node:http';
import { FleeceError } from '../../errors.ts';

export interface RouteContext {
  readonly url: URL;
  /** The address that the request came from. */
  readonly address: string;
  readonly signal: AbortSignal;
}

/** An address that someone else answers. Host, origin, rate and (unless `open`) client keys are checked before. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The exact path, or a prefix of paths when it ends with `/*`. */
  readonly path: string;
  /** On addresses other than loopback, too, no keys are asked for. */
  readonly open?: boolean;
  readonly handler: (
    request: IncomingMessage,
    response: ServerResponse,
    context: RouteContext,
  ) => void | Promise<void>;
}

export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): Route | 'method' | undefined {
  const here = routes.filter((route) =>
    route.path.endsWith('/*') ? path.startsWith(route.path.slice(0, -1)) : route.path === path,
  );
  if (here.length === 0) return undefined;
  return (
    here.find((route) => route.method === method || (method === 'HEAD' && route.method === 'GET')) ?? 'method'
  );
}

/** The whole body of a request. @throws FleeceError `bad_request` when it is longer than `maxBytes`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > maxBytes)
      throw new FleeceError('bad_request', `the body is longer than ${maxBytes} bytes`, { status: 413 });
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
