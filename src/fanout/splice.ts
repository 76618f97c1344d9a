import { type BarRow, sameValues } from '../market/bar.ts';
import type { EpochMs } from '../time/clock.ts';
import type { Parcel } from './outbox.ts';
import { keyOf, type StreamItem } from './stream-item.ts';

/** A bar can reach the store this long before it reaches the bus, in milliseconds of the clock in use. */
export const overlapMs = 120_000;

interface Seen {
  readonly row: BarRow;
  readonly receivedAt: EpochMs;
}

/**
 * Joins what is replayed from the store with what goes on live, without a hole and without a double. While the
 * replay runs, live parcels wait here; what the replay brought already is taken out of them.
 */
export class Splice {
  readonly #startedAt: EpochMs;
  readonly #encode: (items: readonly StreamItem[]) => Buffer;
  readonly #seen = new Map<string, Seen>();
  #waiting: Parcel[] = [];
  #bytes = 0;

  /** `before`: the splice of an earlier replay of the same client; what that one brought stays known. */
  constructor(startedAt: EpochMs, encode: (items: readonly StreamItem[]) => Buffer, before?: Splice) {
    this.#startedAt = startedAt;
    this.#encode = encode;
    if (before) for (const [key, seen] of before.#seen) this.#seen.set(key, seen);
  }

  /** Bytes of live frames that wait for the end of the replay. */
  get bytes(): number {
    return this.#bytes;
  }

  /** These came from the store. */
  replayed(items: readonly StreamItem[]): void {
    for (const item of items) {
      // What was received long before the replay began was on the bus before it, too.
      if (item.receivedAt >= this.#startedAt - overlapMs) this.#seen.set(keyOf(item), item);
    }
  }

  /** This came from the bus while the replay was running. */
  hold(parcel: Parcel): void {
    this.#waiting.push(parcel);
    this.#bytes += parcel.data.length;
  }

  /** The replay is over: the parcels that waited, without what it brought. */
  finish(): Parcel[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return waiting.flatMap((parcel) => this.pass(parcel));
  }

  /** A live parcel without what the replay brought. */
  pass(parcel: Parcel): Parcel[] {
    const items = parcel.items.filter((item) => this.#isNew(item));
    if (items.length === parcel.items.length) return [parcel];
    return items.length === 0 ? [] : [{ items, data: this.#encode(items) }];
  }

  /** True when no bar on the bus can have been in the replay any more. */
  isOver(finishedAt: EpochMs, now: EpochMs): boolean {
    return now > finishedAt + overlapMs;
  }

  #isNew(item: StreamItem): boolean {
    if (item.kind === 'd') return true;
    const seen = this.#seen.get(keyOf(item));
    return !seen || (item.receivedAt > seen.receivedAt && !sameValues(item.row, seen.row));
  }
}
