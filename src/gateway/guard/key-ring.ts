import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { FleeceError } from '../../errors.ts';

/** A pair of keys of a client. */
export interface KeyPair {
  readonly id: string;
  readonly secret: string;
}

/** What a client showed: a pair, or a bare token. */
export type Shown = KeyPair | { readonly token: string };

/**
 * The keys that clients may show. Without any, whatever is not empty is good: that is for loopback, where bots
 * go on sending their user's own keys, which are neither looked at nor kept.
 */
export class KeyRing {
  readonly #salt = randomBytes(32);
  readonly #pairs: readonly { readonly pair: Buffer; readonly secret: Buffer }[];

  constructor(pairs: readonly KeyPair[]) {
    this.#pairs = pairs.map(({ id, secret }) => ({
      pair: this.#digest(`${id}:${secret}`),
      secret: this.#digest(secret),
    }));
  }

  /** True when any keys will do. */
  get isOpen(): boolean {
    return this.#pairs.length === 0;
  }

  accepts(shown: Shown | undefined): boolean {
    if (!shown) return false;
    const bare = 'token' in shown;
    if (this.isOpen) return bare ? shown.token !== '' : shown.id !== '' && shown.secret !== '';
    const digest = this.#digest(bare ? shown.token : `${shown.id}:${shown.secret}`);
    let good = false;
    // Every pair is compared, and digests of one length: the time says nothing about which was near.
    for (const known of this.#pairs) {
      const same = timingSafeEqual(digest, bare ? known.secret : known.pair);
      good = same || good;
    }
    return good;
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#salt).update(text).digest();
  }
}

/**
 * Read `ID:SECRET`.
 *
 * @throws FleeceError `usage` that does not repeat the text.
 */
export function parseKeyPair(text: string): KeyPair {
  const colon = text.indexOf(':');
  const id = text.slice(0, colon);
  const secret = text.slice(colon + 1);
  if (colon < 1 || secret === '' || /\s/.test(text))
    throw new FleeceError('usage', 'a client key has to be ID:SECRET, both not empty and without spaces');
  return { id, secret };
}
