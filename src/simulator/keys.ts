import { hash, hashText } from './hash.ts';

/** A key pair that is let in. */
export interface KeyPair {
  readonly id: string;
  readonly secret: string;
}

/**
 * Who asks, as a name for the rate bucket; undefined when the keys are missing or wrong. The headers of
 * Alpaca, HTTP Basic, or a bearer token.
 *
 * @param keys The pairs that are let in; undefined lets in any that are not empty.
 */
export function callerOf(
  headers: Readonly<Record<string, string | undefined>>,
  keys: readonly KeyPair[] | undefined,
): string | undefined {
  const given = pairIn(headers);
  if (!given || given.id === '' || given.secret === '') return undefined;
  const known = !keys || keys.some(({ id, secret }) => id === given.id && secret === given.secret);
  return known ? nameOf(given.id) : undefined;
}

function pairIn(headers: Readonly<Record<string, string | undefined>>): KeyPair | undefined {
  const id = headers['apca-api-key-id'];
  if (id !== undefined) return { id, secret: headers['apca-api-secret-key'] ?? '' };
  const [, scheme, value] = /^(Basic|Bearer) +(\S+)$/i.exec(headers['authorization'] ?? '') ?? [];
  if (!scheme || !value) return undefined;
  if (scheme.toLowerCase() === 'bearer') return { id: value, secret: value };
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** Keys are not kept, only told apart. */
function nameOf(id: string): string {
  const bits = hashText(0x6b65, id);
  return `${bits.toString(16)}${hash(bits, id.length).toString(16)}`;
}
