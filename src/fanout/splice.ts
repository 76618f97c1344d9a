import { type BarRow, sameValues } from '../market/bar.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { Parcel } from './outbox.ts';
import { keyOf, type StreamItem } from './stream-item.ts';

/** A bar can reach the store this long before it reaches the bus, in milliseconds of the clock in use. */
export const overlapMs = 120_000;

export interface SpliceOptions {
  readonly startedAt: EpochMs;
  readonly encode: (items: readonly StreamItem[]) => Buffer;
  /** Where bars go out with the seal of their minute: the last minute that had gone out when the replay began. */
  readonly released?: EpochMinute | undefined;
  /** The splice of an earlier replay of the same client; what that one brought stays known. */
  readonly before?: Splice | undefined;
}

interface Seen {
  readonly row: BarRow;
  readonly receivedAt: EpochMs;
}

/**
 * Joins what is replayed from the store with what goes on live, without a hole and without a double. While the
 * replay runs, live parcels wait here; what the replay brought already is taken out of them.
 */
export class Splice {
  readonly #options: SpliceOptions;
  readonly #seen: Map<string, Seen>;
  #waiting: Parcel[] = [];
  #bytes = 0;

  constructor(options: SpliceOptions) {
    this.#options = options;
    this.#seen = new Map(options.before ? options.before.#seen : []);
  }

  /** Bytes of live frames that wait for the end of the replay. */
  get bytes(): number {
    return this.#bytes;
  }

  /** These came from the store. */
  replayed(items: readonly StreamItem[]): void {
    for (const item of items) if (this.#mayComeAgain(item)) this.#seen.set(keyOf(item), item);
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
    return items.length === 0 ? [] : [{ items, data: this.#options.encode(items) }];
  }

  /** True when no bar on the bus can have been in the replay any more. */
  isOver(finishedAt: EpochMs, now: EpochMs): boolean {
    return now > finishedAt + overlapMs;
  }

  #mayComeAgain({ receivedAt, row }: StreamItem): boolean {
    const { startedAt, released } = this.#options;
    // What was received long before the replay began was on the bus before it, too.
    return receivedAt >= startedAt - overlapMs || (released !== undefined && row.minute > released);
  }

  #isNew(item: StreamItem): boolean {
    if (item.kind === 'd') return true;
    const seen = this.#seen.get(keyOf(item));
    return !seen || (item.receivedAt > seen.receivedAt && !sameValues(item.row, seen.row));
  }
}
