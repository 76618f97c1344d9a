import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const pageTokenHeader = 'x-fleece-page-token';
export const pageTokenMeta = 'fleece-page-token';

/**
 * What the served page knows and no other page can read. Each start of the daemon has its own, so a page of an
 * earlier run has to be loaded again before its buttons work.
 */
export class PageToken {
  readonly text: string;

  constructor(text = randomBytes(24).toString('base64url')) {
    this.text = text;
  }

  isShownBy(request: IncomingMessage): boolean {
    const shown = request.headers[pageTokenHeader];
    if (typeof shown !== 'string') return false;
    const [a, b] = [Buffer.from(shown), Buffer.from(this.text)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
}
