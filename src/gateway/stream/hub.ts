import type { Batch, News } from '../../fanout/bus.ts';
import { byFeed } from '../../fanout/by-feed.ts';
import { SettledHold } from '../../fanout/settled-hold.ts';
import { type StreamItem, toHealed, toItem } from '../../fanout/stream-item.ts';
import type { Feed } from '../../market/feed.ts';
import type { StreamClient } from './client.ts';
import { EncodedBatch } from './encoded-batch.ts';
import type { Source } from './endpoint.ts';
import { toNewsMessage } from './news.ts';

/** Clients that are sent the same frames. */
interface Group {
  readonly sample: StreamClient;
  readonly clients: Set<StreamClient>;
}

/** Distributes what the bus brings. Clients with the same subscription and encoding share their frames. */
export class Hub {
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<StreamClient, string>();
  readonly #holds = new Map<Feed, SettledHold>();

  /** Put a client where its subscription belongs; call it whenever that has changed. */
  place(client: StreamClient): void {
    const { endpoint, codec, subscription } = client;
    const parts = [endpoint.source, endpoint.release, endpoint.healed, codec.name, subscription.signature];
    const key = parts.join('|');
    if (this.#groupOf.get(client) === key) return;
    this.remove(client);
    let group = this.#groups.get(key);
    if (!group) {
      group = { sample: client, clients: new Set() };
      this.#groups.set(key, group);
    }
    group.clients.add(client);
    this.#groupOf.set(client, key);
  }

  remove(client: StreamClient): void {
    const key = this.#groupOf.get(client);
    if (key === undefined) return;
    this.#groupOf.delete(client);
    const group = this.#groups.get(key);
    group?.clients.delete(client);
    if (group?.clients.size === 0) this.#groups.delete(key);
    // The members share what defines the group, so any of them can stand for it.
    else if (group?.sample === client) {
      const [sample] = group.clients;
      if (sample) this.#groups.set(key, { sample, clients: group.clients });
    }
  }

  /** What the ledger made. */
  take(batch: Batch): void {
    if (batch.type === 'bars') {
      for (const [feed, bars] of byFeed(batch.bars)) {
        this.send(feed, 'fast', bars.map(toItem));
        this.send(feed, 'settled', this.hold(feed).add(bars));
        if (feed === 'sip') this.#send(bars.map(toHealed), wantsHealed);
      }
      return;
    }
    if (batch.type === 'seal') {
      // A seal is of all that is polled, and pairs are polled beside every feed.
      for (const feed of new Set<Feed>([batch.feed, 'crypto']))
        this.send(feed, 'settled', this.hold(feed).seal(batch.minute));
    }
    this.#tell(batch);
  }

  /** The bars of a feed that wait for their seal. */
  hold(feed: Feed): SettledHold {
    let hold = this.#holds.get(feed);
    if (!hold) {
      hold = new SettledHold();
      this.#holds.set(feed, hold);
    }
    return hold;
  }

  send(source: Source, release: 'fast' | 'settled' | 'any', items: readonly StreamItem[]): void {
    const isRelease = (client: StreamClient) => release === 'any' || client.endpoint.release === release;
    this.#send(items, (client) => isRelease(client) && isOf(client, source));
  }

  #send(items: readonly StreamItem[], reaches: (client: StreamClient) => boolean): void {
    if (items.length === 0) return;
    const batch = new EncodedBatch(items);
    for (const { sample, clients } of this.#groups.values()) {
      if (!reaches(sample)) continue;
      const parcels = batch.parcels(sample.subscription, sample.codec);
      if (parcels.length === 0) continue;
      for (const client of clients) client.deliver(parcels);
    }
  }

  /** Symbols of whose day so far somebody wants to hear, `*` among them for all. */
  dailyInterest(source: Source): ReadonlySet<string> {
    const all = new Set<string>();
    for (const { sample } of this.#groups.values()) {
      if (!isOf(sample, source)) continue;
      for (const symbol of sample.subscription.names('dailyBars')) all.add(symbol);
    }
    return all;
  }

  #tell(news: News): void {
    for (const client of this.#groupOf.keys()) {
      if (!client.endpoint.news.has(`${news.type}s`)) continue;
      const message = toNewsMessage(news, client);
      if (message) client.control(message);
    }
  }
}

function isOf({ endpoint }: StreamClient, source: Source): boolean {
  return endpoint.source === source;
}

/** True for those who want bars of the consolidated tape where they replace the feed's own. */
function wantsHealed({ endpoint }: StreamClient): boolean {
  return endpoint.healed && endpoint.source === 'iex';
}
