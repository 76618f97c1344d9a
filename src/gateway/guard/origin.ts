import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** True for an address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').replace(/^::ffff:/i, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** Who may speak to the gateway, as far as a browser's headers tell. */
export class OriginPolicy {
  readonly #loopbackOnly: boolean;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor(options: { loopbackOnly: boolean; hosts: readonly string[]; origins: readonly string[] }) {
    this.#loopbackOnly = options.loopbackOnly;
    this.#hosts = new Set(options.hosts.map((host) => host.toLowerCase()));
    this.#origins = new Set(options.origins.map((origin) => origin.toLowerCase()));
  }

  /**
   * Why the request is refused, or undefined. A page of another site that has its name resolve to this machine
   * (DNS rebinding) shows its own name in Host; a page that just calls this machine shows its site in Origin.
   */
  refusal(request: IncomingMessage): string | undefined {
    const { host, origin } = request.headers;
    if (!this.#hostIsGood(host)) return 'this Host is not served here';
    if (origin !== undefined)
      return this.#originIsGood(origin, host) ? undefined : 'this Origin is not allowed';
    const site = request.headers['sec-fetch-site'];
    const navigates = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate';
    if ((site === 'cross-site' || site === 'same-site') && !navigates)
      return 'requests of other sites are refused';
    return undefined;
  }

  #hostIsGood(host: string | undefined): boolean {
    if (host === undefined) return false;
    const name = host.replace(/:\d+$/, '').toLowerCase();
    if (this.#hosts.has(name) || isLoopback(name)) return true;
    return !this.#loopbackOnly && this.#hosts.size === 0;
  }

  #originIsGood(origin: string, host: string | undefined): boolean {
    if (this.#origins.has(origin.toLowerCase())) return true;
    try {
      return new URL(origin).host === host?.toLowerCase();
    } catch {
      return false;
    }
  }
}
