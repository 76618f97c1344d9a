import type { Feed } from '../../market/feed.ts';
import type { EpochMinute } from '../../time/minute.ts';
import { parseSince } from './command.ts';

/** Where a client's bars come from: a feed, or Alpaca's stream for trying things out. */
export type Source = Feed | 'test';

export const newsKinds = ['gaps', 'seals', 'heals'] as const;
export type NewsKind = (typeof newsKinds)[number];

/** What the address of a stream asks for. */
export interface Endpoint {
  /** `undefined`: a feed of Alpaca's that is not served here. */
  readonly source: Source | undefined;
  readonly market: 'stocks' | 'crypto';
  readonly since: EpochMinute | undefined;
  readonly release: 'fast' | 'settled';
  readonly news: ReadonlySet<NewsKind>;
  /** Take bars of the consolidated tape, too, where they replace those of the endpoint's feed. */
  readonly healed: boolean;
}

export type EndpointAnswer = Endpoint | { readonly status: 400 | 404; readonly message: string };

const knownFeeds = new Set(['iex', 'sip', 'delayed_sip', 'boats', 'otc', 'overnight', 'test']);

/** Read the path and the query of an upgrade. `served` are the feeds that are polled, the stocks' first. */
export function parseEndpoint(url: URL, served: readonly Feed[]): EndpointAnswer {
  const place = parsePath(url.pathname, served);
  if (!place) {
    return {
      status: 404,
      message: 'streams are /v2/iex, /v2/sip, /v2/test, /v1beta1/boats and /v1beta3/crypto/us',
    };
  }
  const release = url.searchParams.get('release') ?? 'fast';
  if (release !== 'fast' && release !== 'settled')
    return { status: 400, message: 'release has to be fast or settled' };
  const sinceText = url.searchParams.get('since');
  const since = sinceText === null ? undefined : parseSince(sinceText);
  if (sinceText !== null && since === undefined)
    return { status: 400, message: 'since has to be an RFC 3339 time, such as 2026-01-14T14:30:00Z' };
  const wanted = (url.searchParams.get('events') ?? '').split(',').filter((name) => name !== '');
  const unknown = wanted.find((name) => !(newsKinds as readonly string[]).includes(name));
  if (unknown !== undefined) return { status: 400, message: 'events are gaps, seals and heals' };
  const news = new Set(wanted as NewsKind[]);
  return { ...place, since, release, news, healed: news.has('heals') };
}

function parsePath(path: string, served: readonly Feed[]): Pick<Endpoint, 'source' | 'market'> | undefined {
  const crypto = /^\/v1beta3\/crypto\/(us|us-1|us-2|eu-1|bs-1)\/?$/.exec(path);
  if (crypto) return { source: crypto[1] === 'us' ? 'crypto' : undefined, market: 'crypto' };
  // SDKs that were pointed at a proxy agent of old come to the root, or leave out the version.
  if (path === '/' || path === '/stream') return { source: served[0], market: 'stocks' };
  const stocks = /^(?:\/v2)?\/([a-z_]+)\/?$/.exec(path) ?? /^\/v1beta1\/(boats|overnight)\/?$/.exec(path);
  const feed = stocks?.[1];
  if (feed === undefined || !knownFeeds.has(feed)) return undefined;
  if (feed === 'test') return { source: 'test', market: 'stocks' };
  return { source: served.find((candidate) => candidate === feed), market: 'stocks' };
}
