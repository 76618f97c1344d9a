import { type StreamItem, toHealed, toItem } from '../../fanout/stream-item.ts';
import { type ChannelLists, everything, Subscription } from '../../fanout/subscription.ts';
import type { Bar } from '../../market/bar.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { EpochMinute } from '../../time/minute.ts';
import type { BarHistory, ReplayQuery } from '../ports.ts';
import type { StreamClient } from './client.ts';
import { newestOnly, only } from './newest-only.ts';

export interface ReplayJob {
  readonly client: StreamClient;
  readonly lists: ChannelLists;
  readonly since: EpochMinute;
  /** The last minute that is settled, for those who want settled bars. */
  readonly end: EpochMinute | undefined;
  readonly signal: AbortSignal;
}

/** Bring a client from `since` to the present. Its live frames wait meanwhile (`beginReplay`). */
export async function replaySince(history: BarHistory, job: ReplayJob): Promise<void> {
  const { client, since, signal } = job;
  const symbols = wantedSymbols(job.lists);
  if (symbols?.length === 0) return;
  const query: ReplayQuery = { start: since, signal, ...(symbols ? { symbols } : {}) };
  if (client.endpoint.release === 'fast') {
    const toSeen = asSeen(client);
    for await (const bars of history.replay(query)) {
      await client.replay(wanted(job, bars.filter(isOfEndpoint(client)).map(toSeen)));
    }
    return;
  }
  // What is not settled yet goes out with its seal.
  if (job.end === undefined || job.end < since) return;
  const settled = only(history.replay({ ...query, end: job.end }), isOfEndpoint(client));
  for await (const bars of newestOnly(settled)) {
    const items = bars.map((bar): StreamItem => ({ ...toItem(bar), kind: 'b' }));
    await client.replay(wanted(job, items));
  }
}

function wantedSymbols({ bars = [], updatedBars = [] }: ChannelLists): MarketSymbol[] | undefined {
  const all = new Set([...bars, ...updatedBars]);
  return all.has(everything) ? undefined : ([...all] as MarketSymbol[]);
}

function wanted({ lists }: ReplayJob, items: readonly StreamItem[]): StreamItem[] {
  const subscription = Subscription.none.with(lists);
  return items.filter((item) => subscription.wants(item));
}

/**
 * Versions of a bar, which follow one another, as they are to the readers of a feed. What that feed said first
 * is the bar, whatever its number: after an outage the consolidated tape may have been asked before it.
 */
function asSeen({ endpoint }: StreamClient): (bar: Bar) => StreamItem {
  let last: Bar | undefined;
  return (bar) => {
    if (bar.feed !== endpoint.source) return toHealed(bar);
    const isFirst = last?.minute !== bar.minute || last.symbol !== bar.symbol;
    last = bar;
    return { ...toItem(bar), kind: isFirst ? 'b' : 'u' };
  };
}

function isOfEndpoint({ endpoint }: StreamClient): (bar: Bar) => boolean {
  return ({ feed }) => feed === endpoint.source || (endpoint.healed && feed === 'sip');
}
