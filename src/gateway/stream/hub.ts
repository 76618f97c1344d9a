import type { Batch, News, SealNews } from '../../fanout/bus.ts';
import { byFeed } from '../../fanout/by-feed.ts';
import { type StreamItem, toHealed, toItem } from '../../fanout/stream-item.ts';
import { everything } from '../../fanout/subscription.ts';
import type { Feed } from '../../market/feed.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { Clock } from '../../time/clock.ts';
import { addMinutes, type EpochMinute, lastClosed } from '../../time/minute.ts';
import type { BarHistory } from '../ports.ts';
import type { StreamClient } from './client.ts';
import { EncodedBatch } from './encoded-batch.ts';
import type { Source } from './endpoint.ts';
import { toNewsMessage } from './news.ts';
import { longestWait, SettledRelease } from './settled-release.ts';

export interface HubOptions {
  readonly history: BarHistory;
  /** The market's clock. */
  readonly clock: Clock;
  /** The last minute for which everything is known; undefined while there is none. */
  readonly lastSealed: () => EpochMinute | undefined;
  readonly onFailure: (error: unknown) => void;
}

/** Clients that are sent the same frames. */
interface Group {
  readonly sample: StreamClient;
  readonly clients: Set<StreamClient>;
}

/** Distributes what the bus brings. Clients with the same subscription and encoding share their frames. */
export class Hub {
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<StreamClient, string>();
  /** For feeds of which somebody wants settled bars. */
  readonly #releases = new Map<Feed, SettledRelease>();
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** Put a client where its subscription belongs; call it whenever that has changed. */
  place(client: StreamClient): void {
    const { endpoint, codec, subscription } = client;
    const parts = [endpoint.source, endpoint.release, endpoint.healed, codec.name, subscription.signature];
    const key = parts.join('|');
    if (this.#groupOf.get(client) === key) return;
    this.#leave(client);
    let group = this.#groups.get(key);
    if (!group) {
      group = { sample: client, clients: new Set() };
      this.#groups.set(key, group);
    }
    group.clients.add(client);
    this.#groupOf.set(client, key);
    if (endpoint.release === 'settled') this.settled(endpoint.source);
  }

  remove(client: StreamClient): void {
    this.#leave(client);
    const { source, release } = client.endpoint;
    if (release !== 'settled' || source === undefined || source === 'test') return;
    if (this.#settledGroups(source).length > 0) return;
    this.#releases.get(source)?.stop();
    this.#releases.delete(source);
  }

  #leave(client: StreamClient): void {
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
        this.#releases.get(feed)?.take(bars);
        if (feed === 'sip') this.#send(bars.map(toHealed), wantsHealed);
      }
      return;
    }
    if (batch.type !== 'seal') return this.#tell(batch, () => true);
    // A seal is of all that is polled, and pairs are polled beside every feed.
    for (const feed of new Set<Feed>([batch.feed, 'crypto'])) this.#releases.get(feed)?.seal(batch);
    // Who wants settled bars hears of the seal when they went out.
    this.#tell(batch, ({ endpoint }) => endpoint.release !== 'settled');
  }

  /** What releases the settled bars of a source. None for one that has no seals. */
  settled(source: Source | undefined): SettledRelease | undefined {
    if (source === undefined || source === 'test') return undefined;
    let release = this.#releases.get(source);
    if (!release) {
      release = this.#newRelease(source);
      this.#releases.set(source, release);
    }
    return release;
  }

  #newRelease(feed: Feed): SettledRelease {
    const { history, clock, lastSealed, onFailure } = this.#options;
    const isOfFeed = (client: StreamClient) => client.endpoint.release === 'settled' && isOf(client, feed);
    return new SettledRelease({
      feed,
      history,
      clock,
      from: lastSealed() ?? addMinutes(lastClosed(clock.now()), -longestWait),
      symbols: () => namesOf(this.#settledGroups(feed)),
      send: (items) => this.send(feed, 'settled', items),
      tell: (news: SealNews) => this.#tell(news, isOfFeed),
      onFailure,
    });
  }

  #settledGroups(feed: Feed): Group[] {
    return [...this.#groups.values()].filter(
      ({ sample }) => sample.endpoint.release === 'settled' && isOf(sample, feed),
    );
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

  #tell(news: News, reaches: (client: StreamClient) => boolean): void {
    for (const client of this.#groupOf.keys()) {
      if (!reaches(client) || !client.endpoint.news.has(`${news.type}s`)) continue;
      const message = toNewsMessage(news, client);
      if (message) client.control(message);
    }
  }
}

/** The symbols of which these want bars; undefined for all. */
function namesOf(groups: readonly Group[]): MarketSymbol[] | undefined {
  const names = new Set(groups.flatMap(({ sample }) => [...sample.subscription.names('bars')]));
  return names.has(everything) ? undefined : ([...names] as MarketSymbol[]);
}

function isOf({ endpoint }: StreamClient, source: Source): boolean {
  return endpoint.source === source;
}

/** True for those who want bars of the consolidated tape where they replace the feed's own. */
function wantsHealed({ endpoint }: StreamClient): boolean {
  return endpoint.healed && endpoint.source === 'iex';
}
