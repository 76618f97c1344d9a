import type { IncomingHttpHeaders } from 'node:http';
import type { Shown } from './key-ring.ts';

/** The keys in the headers of a request, in any of Alpaca's spellings; undefined when there are none. */
export function shownKeys(headers: IncomingHttpHeaders): Shown | undefined {
  const id = headers['apca-api-key-id'];
  const secret = headers['apca-api-secret-key'];
  if (typeof id === 'string' && typeof secret === 'string') return { id, secret };
  const match = /^(Basic|Bearer) +(\S+)$/i.exec(headers.authorization ?? '');
  const text = match?.[2];
  if (text === undefined) return undefined;
  if (match?.[1]?.toLowerCase() === 'bearer') return { token: text };
  const pair = Buffer.from(text, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : { id: pair.slice(0, colon), secret: pair.slice(colon + 1) };
}

/** The keys of an auth message; `oauth` and `access_token` stand for a bare token. */
export function keysOfMessage({ key, secret }: { readonly key: string; readonly secret: string }): Shown {
  return key === 'oauth' || key === 'access_token' ? { token: secret } : { id: key, secret };
}
