import { keyOf, type StreamItem } from './stream-item.ts';

/** A frame that waits to be sent. `items` is what it holds; a control frame holds none and is never changed. */
export interface Parcel {
  readonly items: readonly StreamItem[];
  readonly data: Buffer;
}

/**
 * The frames that one client has not been sent yet. Past its bound, versions that were overtaken by a later
 * one of the same bar are dropped; when that does not bring it back under the bound, the client is too slow.
 */
export class Outbox {
  readonly #limitBytes: number;
  readonly #encode: (items: readonly StreamItem[]) => Buffer;
  #parcels: Parcel[] = [];
  #bytes = 0;
  #conflated = 0;

  constructor(limitBytes: number, encode: (items: readonly StreamItem[]) => Buffer) {
    this.#limitBytes = limitBytes;
    this.#encode = encode;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#parcels.length;
  }

  /** Versions that were dropped because a later one was waiting behind them. */
  get conflated(): number {
    return this.#conflated;
  }

  /** False when the client is too slow: the parcel was not taken. */
  push(parcel: Parcel): boolean {
    this.#parcels.push(parcel);
    this.#bytes += parcel.data.length;
    if (this.#bytes <= this.#limitBytes) return true;
    const before = this.#bytes;
    this.#conflate();
    // Conflating costs time: a client for whom it gains next to nothing is not kept alive by it.
    return this.#bytes <= this.#limitBytes && this.#bytes <= before * 0.9;
  }

  shift(): Parcel | undefined {
    const parcel = this.#parcels.shift();
    if (parcel) this.#bytes -= parcel.data.length;
    return parcel;
  }

  clear(): void {
    this.#parcels = [];
    this.#bytes = 0;
  }

  #conflate(): void {
    const newest = new Map<string, StreamItem>();
    for (const parcel of this.#parcels) for (const item of parcel.items) newest.set(keyOf(item), item);
    const kept: Parcel[] = [];
    for (const parcel of this.#parcels) kept.push(...this.#conflateParcel(parcel, newest));
    this.#parcels = kept;
    this.#bytes = kept.reduce((sum, parcel) => sum + parcel.data.length, 0);
  }

  /** The first place of a bar takes the newest values and keeps its own kind; its later places are dropped. */
  #conflateParcel(parcel: Parcel, newest: Map<string, StreamItem>): Parcel[] {
    if (parcel.items.length === 0) return [parcel];
    let changed = false;
    const items: StreamItem[] = [];
    for (const item of parcel.items) {
      const key = keyOf(item);
      const last = newest.get(key);
      newest.delete(key);
      if (last === item) {
        items.push(item);
        continue;
      }
      changed = true;
      if (last) items.push({ ...last, kind: item.kind });
      else this.#conflated += 1;
    }
    if (!changed) return [parcel];
    return items.length === 0 ? [] : [{ items, data: this.#encode(items) }];
  }
}
