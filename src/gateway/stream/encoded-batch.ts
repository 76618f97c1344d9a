import type { Parcel } from '../../fanout/outbox.ts';
import type { StreamItem } from '../../fanout/stream-item.ts';
import type { Subscription, SymbolIndex } from '../../fanout/subscription.ts';
import type { BarFrames, Codec } from './codec.ts';

/** Bars of a frame at most: alpaca-py closes its connection over a frame of more than 1 MiB. */
export const barsPerFrame = 4_000;

/** A batch on its way to many clients: each bar is encoded once per encoding, each frame once per group. */
export class EncodedBatch {
  readonly items: readonly StreamItem[];
  readonly #frames = new Map<Codec, BarFrames>();
  readonly #whole = new Map<Codec, readonly Parcel[]>();
  #index: SymbolIndex | undefined;

  constructor(items: readonly StreamItem[]) {
    this.items = items;
  }

  /** What a client with this subscription and encoding is sent. Those who want everything share their frames. */
  parcels(subscription: Subscription, codec: Codec): readonly Parcel[] {
    const places = subscription.pick(this.items, () => this.#bySymbol());
    if (places !== 'all') return this.#cut(codec, places);
    let whole = this.#whole.get(codec);
    if (!whole) {
      whole = this.#cut(codec, 'all');
      this.#whole.set(codec, whole);
    }
    return whole;
  }

  #cut(codec: Codec, places: 'all' | readonly number[]): Parcel[] {
    const length = places === 'all' ? this.items.length : places.length;
    const parcels: Parcel[] = [];
    for (let from = 0; from < length; from += barsPerFrame) {
      const to = Math.min(length, from + barsPerFrame);
      const items =
        places === 'all'
          ? this.items.slice(from, to)
          : places.slice(from, to).map((place) => this.items[place] as StreamItem);
      parcels.push({ items, data: this.#encoded(codec).frame(places, from, to) });
    }
    return parcels;
  }

  #encoded(codec: Codec): BarFrames {
    let frames = this.#frames.get(codec);
    if (!frames) {
      frames = codec.bars(this.items);
      this.#frames.set(codec, frames);
    }
    return frames;
  }

  #bySymbol(): SymbolIndex {
    if (this.#index) return this.#index;
    const index = new Map<string, number[]>();
    for (const [place, item] of this.items.entries()) {
      const places = index.get(item.symbol);
      if (places) places.push(place);
      else index.set(item.symbol, [place]);
    }
    this.#index = index;
    return index;
  }
}

/** One frame of these bars, which are not more than fit. */
export function encodeItems(codec: Codec, items: readonly StreamItem[]): Buffer {
  return codec.bars(items).frame('all', 0, items.length);
}
