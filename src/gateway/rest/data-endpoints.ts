import { cryptoBars, stockBars, stockBarsOfOne } from './bars.ts';
import type { Ask } from './data-world.ts';
import { latestBarOfOne, latestBars, latestCryptoBars } from './latest.ts';
import { marketCalendar, marketClock } from './market-hours.ts';
import { snapshotOfOne, snapshots } from './snapshots.ts';

/** An address of Alpaca's that is answered here. */
export interface DataEndpoint {
  /** For metrics: the path without its names. */
  readonly route: string;
  readonly path: RegExp;
  /** Which of Alpaca's hosts it belongs to: they refuse keys in different ways, and crypto asks for none. */
  readonly group: 'stocks' | 'crypto' | 'trading';
  readonly answer: (ask: Ask) => string | Promise<string>;
}

const name = '([^/]{1,40})';

export const dataEndpoints: readonly DataEndpoint[] = [
  { route: '/v2/stocks/bars', path: /^\/v2\/stocks\/bars$/, group: 'stocks', answer: stockBars },
  {
    route: '/v2/stocks/bars/latest',
    path: /^\/v2\/stocks\/bars\/latest$/,
    group: 'stocks',
    answer: latestBars,
  },
  {
    route: '/v2/stocks/snapshots',
    path: /^\/v2\/stocks\/snapshots$/,
    group: 'stocks',
    answer: snapshots,
  },
  {
    route: '/v2/stocks/{symbol}/bars',
    path: new RegExp(`^/v2/stocks/${name}/bars$`),
    group: 'stocks',
    answer: stockBarsOfOne,
  },
  {
    route: '/v2/stocks/{symbol}/bars/latest',
    path: new RegExp(`^/v2/stocks/${name}/bars/latest$`),
    group: 'stocks',
    answer: latestBarOfOne,
  },
  {
    route: '/v2/stocks/{symbol}/snapshot',
    path: new RegExp(`^/v2/stocks/${name}/snapshot$`),
    group: 'stocks',
    answer: snapshotOfOne,
  },
  {
    route: '/v1beta3/crypto/us/bars',
    path: /^\/v1beta3\/crypto\/us\/bars$/,
    group: 'crypto',
    answer: cryptoBars,
  },
  {
    route: '/v1beta3/crypto/us/latest/bars',
    path: /^\/v1beta3\/crypto\/us\/latest\/bars$/,
    group: 'crypto',
    answer: latestCryptoBars,
  },
  { route: '/v2/clock', path: /^\/v2\/clock$/, group: 'trading', answer: marketClock },
  { route: '/v2/calendar', path: /^\/v2\/calendar$/, group: 'trading', answer: marketCalendar },
];
