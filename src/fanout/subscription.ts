import type { BarKind, StreamItem } from './stream-item.ts';

export const channels = ['bars', 'updatedBars', 'dailyBars'] as const;
export type Channel = (typeof channels)[number];

const channelOf: Readonly<Record<BarKind, Channel>> = { b: 'bars', u: 'updatedBars', d: 'dailyBars' };

/** In a list of symbols: all of them. */
export const everything = '*';

export type ChannelLists = Readonly<Partial<Record<Channel, readonly string[]>>>;

/** Where each symbol stands in a batch. */
export type SymbolIndex = ReadonlyMap<string, readonly number[]>;

/** What one client is subscribed to. A value: changing it makes another. */
export class Subscription {
  static readonly none = new Subscription({
    bars: new Set(),
    updatedBars: new Set(),
    dailyBars: new Set(),
  });

  readonly #sets: Readonly<Record<Channel, ReadonlySet<string>>>;
  #signature: string | undefined;
  #symbols: ReadonlySet<string> | undefined;

  private constructor(sets: Readonly<Record<Channel, ReadonlySet<string>>>) {
    this.#sets = sets;
  }

  with(lists: ChannelLists): Subscription {
    return this.#map((channel, set) => {
      const added = lists[channel];
      return added ? new Set([...set, ...added]) : set;
    });
  }

  without(lists: ChannelLists): Subscription {
    return this.#map((channel, set) => {
      const removed = lists[channel];
      if (!removed) return set;
      const left = new Set(set);
      for (const symbol of removed) left.delete(symbol);
      return left;
    });
  }

  /** What of these lists is not subscribed to yet. */
  missing(lists: ChannelLists): ChannelLists {
    const missing: Partial<Record<Channel, readonly string[]>> = {};
    for (const channel of channels) {
      const own = this.#sets[channel];
      const added = own.has(everything) ? [] : lists[channel]?.filter((symbol) => !own.has(symbol));
      if (added && added.length > 0) missing[channel] = added;
    }
    return missing;
  }

  /** The symbols of a channel, sorted; `*` is one of them when all are wanted. */
  list(channel: Channel): string[] {
    return [...this.#sets[channel]].sort();
  }

  /** The number of symbols of the longest channel. */
  get size(): number {
    return Math.max(...channels.map((channel) => this.#sets[channel].size));
  }

  /** The symbols of a channel as they are, `*` among them when all are wanted. */
  names(channel: Channel): ReadonlySet<string> {
    return this.#sets[channel];
  }

  /** Every symbol that is named in some channel. */
  symbols(): ReadonlySet<string> {
    this.#symbols ??= this.#allSymbols();
    return this.#symbols;
  }

  /** The same text for the same subscription: clients that share it share their frames. */
  get signature(): string {
    this.#signature ??= channels.map((channel) => this.list(channel).join(',')).join(';');
    return this.#signature;
  }

  has(channel: Channel): boolean {
    return this.#sets[channel].size > 0;
  }

  wantsSymbol(channel: Channel, symbol: string): boolean {
    const set = this.#sets[channel];
    return set.has(everything) || set.has(symbol);
  }

  wants(item: StreamItem): boolean {
    return this.wantsSymbol(channelOf[item.kind], item.symbol);
  }

  /** The places in `items` that are wanted, in order; `all` when that is every one. */
  pick(items: readonly StreamItem[], index: () => SymbolIndex): 'all' | readonly number[] {
    const all = (kind: BarKind) => this.#sets[channelOf[kind]].has(everything);
    if (items.every((item) => all(item.kind))) return 'all';
    const named = this.symbols();
    // A short list in a long batch is looked up, not searched for.
    const short = named.size * 4 < items.length && !channels.some((c) => this.#sets[c].has(everything));
    const candidates = short ? placesOf(named, index()) : items.keys();
    const picked: number[] = [];
    for (const place of candidates) if (this.wants(items[place] as StreamItem)) picked.push(place);
    return picked.length === items.length ? 'all' : picked;
  }

  #allSymbols(): Set<string> {
    const all = new Set<string>();
    for (const channel of channels) for (const symbol of this.#sets[channel]) all.add(symbol);
    all.delete(everything);
    return all;
  }

  #map(change: (channel: Channel, set: ReadonlySet<string>) => ReadonlySet<string>): Subscription {
    return new Subscription({
      bars: change('bars', this.#sets.bars),
      updatedBars: change('updatedBars', this.#sets.updatedBars),
      dailyBars: change('dailyBars', this.#sets.dailyBars),
    });
  }
}

function placesOf(symbols: ReadonlySet<string>, index: SymbolIndex): Iterable<number> {
  const places: number[] = [];
  for (const symbol of symbols) {
    const own = index.get(symbol);
    if (own) for (const place of own) places.push(place);
  }
  // Numbers of a fixed width sort several times as fast.
  return Uint32Array.from(places).sort();
}
