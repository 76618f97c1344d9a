import { assetOfOne, assets } from './assets.ts';
import type { Endpoint } from './endpoint.ts';
import { latestBarOfOne, latestBars, latestCryptoBars } from './latest-bars.ts';
import type { ApiGroup } from './request-log.ts';
import { snapshotOfOne, snapshots } from './snapshots.ts';
import { cryptoBars, stockBars, stockBarsOfOne } from './stock-bars.ts';
import { calendar, clock } from './trading.ts';

interface Route {
  readonly path: RegExp;
  readonly group: ApiGroup;
  /** True where the service asks for no keys. */
  readonly open: boolean;
  readonly run: Endpoint;
}

const stocks = { group: 'data', open: false } as const;
const crypto = { group: 'data', open: true } as const;
const trading = { group: 'trading', open: false } as const;
const location = '(?:us|us-1|us-2|eu-1|bs-1)';

const routes: readonly Route[] = [
  { ...stocks, path: /^\/v2\/stocks\/bars$/, run: stockBars },
  { ...stocks, path: /^\/v2\/stocks\/bars\/latest$/, run: latestBars },
  { ...stocks, path: /^\/v2\/stocks\/snapshots$/, run: snapshots },
  { ...stocks, path: /^\/v2\/stocks\/([^/]+)\/bars$/, run: stockBarsOfOne },
  { ...stocks, path: /^\/v2\/stocks\/([^/]+)\/bars\/latest$/, run: latestBarOfOne },
  { ...stocks, path: /^\/v2\/stocks\/([^/]+)\/snapshot$/, run: snapshotOfOne },
  { ...crypto, path: new RegExp(`^/v1beta3/crypto/${location}/bars$`), run: cryptoBars },
  { ...crypto, path: new RegExp(`^/v1beta3/crypto/${location}/latest/bars$`), run: latestCryptoBars },
  { ...trading, path: /^\/v2\/clock$/, run: clock },
  { ...trading, path: /^\/v2\/calendar$/, run: calendar },
  { ...trading, path: /^\/v2\/assets$/, run: assets },
  { ...trading, path: /^\/v2\/assets\/(.+)$/, run: assetOfOne },
];

/** The route of a path and the decoded parts of the path, or undefined. */
export function routeOf(path: string): { route: Route; parts: readonly string[] } | undefined {
  for (const route of routes) {
    const match = route.path.exec(path);
    if (!match) continue;
    try {
      return { route, parts: match.slice(1).map((part) => decodeURIComponent(part)) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}
