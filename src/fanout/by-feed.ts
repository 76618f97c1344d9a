import type { Bar } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';

/** A response holds one feed; a batch of several is taken apart. */
export function byFeed(bars: readonly Bar[]): ReadonlyMap<Feed, readonly Bar[]> {
  const first = bars[0]?.feed;
  if (first === undefined) return new Map();
  if (bars.every((bar) => bar.feed === first)) return new Map([[first, bars]]);
  const feeds = new Map<Feed, Bar[]>();
  for (const bar of bars) {
    const list = feeds.get(bar.feed);
    if (list) list.push(bar);
    else feeds.set(bar.feed, [bar]);
  }
  return feeds;
}
