import { type StreamItem, toHealed, toItem } from '../../fanout/stream-item.ts';
import { type ChannelLists, everything, Subscription } from '../../fanout/subscription.ts';
import type { Bar } from '../../market/bar.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import { addMinutes, type EpochMinute } from '../../time/minute.ts';
import type { BarHistory, ReplayQuery } from '../ports.ts';
import type { StreamClient } from './client.ts';
import type { Hub } from './hub.ts';

export interface ReplayJob {
  readonly client: StreamClient;
  readonly lists: ChannelLists;
  readonly since: EpochMinute;
  /** The last minute known to be settled, for those who want settled bars. */
  readonly sealed: EpochMinute | undefined;
  readonly signal: AbortSignal;
}

/** Bring a client from `since` to the present. Its live frames wait meanwhile (`beginReplay`). */
export async function replaySince(history: BarHistory, hub: Hub, job: ReplayJob): Promise<void> {
  const { client, since, signal } = job;
  const symbols = wantedSymbols(job.lists);
  if (symbols?.length === 0) return;
  const query: ReplayQuery = { start: since, signal, ...(symbols ? { symbols } : {}) };
  if (client.endpoint.release === 'fast') {
    const toSeen = asSeen(client);
    for await (const bars of history.replay(query)) {
      await client.replay(wanted(job, ofEndpoint(client, bars).map(toSeen)));
    }
    return;
  }
  if (job.sealed !== undefined && job.sealed >= since) {
    for await (const bars of newestOnly(client, history.replay({ ...query, end: job.sealed }))) {
      await client.replay(
        wanted(
          job,
          bars.map((bar) => ({ ...toItem(bar), kind: 'b' as const })),
        ),
      );
    }
  }
  await fillHold(history, hub, job, query);
}

/** What is not settled yet goes out with its seal, also when it was received before this process started. */
async function fillHold(history: BarHistory, hub: Hub, job: ReplayJob, query: ReplayQuery): Promise<void> {
  const start = job.sealed === undefined ? job.since : addMinutes(job.sealed, 1);
  const from = Math.max(start, job.since) as EpochMinute;
  for await (const bars of history.replay({ ...query, start: from })) {
    for (const bar of ofEndpoint(job.client, bars)) {
      const passed = hub.hold(bar.feed).add([bar]);
      await job.client.replay(wanted(job, passed));
    }
  }
}

/** The last version of each bar. Versions of a bar follow one another, possibly across chunks. */
async function* newestOnly(
  client: StreamClient,
  chunks: AsyncIterable<readonly Bar[]>,
): AsyncGenerator<readonly Bar[]> {
  let last: Bar | undefined;
  for await (const chunk of chunks) {
    const done: Bar[] = [];
    for (const bar of ofEndpoint(client, chunk)) {
      if (last && (last.minute !== bar.minute || last.symbol !== bar.symbol)) done.push(last);
      last = bar;
    }
    yield done;
  }
  if (last) yield [last];
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

function ofEndpoint({ endpoint }: StreamClient, bars: readonly Bar[]): Bar[] {
  return bars.filter((bar) => bar.feed === endpoint.source || (endpoint.healed && bar.feed === 'sip'));
}
