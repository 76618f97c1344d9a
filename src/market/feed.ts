/** Where stock bars come from: `iex` is free in real time; `sip` is the consolidated tape; `boats` is overnight. */
export const stockFeeds = ['iex', 'sip', 'boats', 'otc'] as const;
export type StockFeed = (typeof stockFeeds)[number];

/** The free plan may read sip bars from 15 minutes ago; one more keeps clear of the edge. */
export const sipDelayMinutes = 16;

/** The feed that a bar came from. Crypto pairs have one source, `crypto`. */
export type Feed = StockFeed | 'crypto';
