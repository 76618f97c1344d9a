import type { WebSocket } from 'ws';
import { Outbox, type Parcel } from '../../fanout/outbox.ts';
import { Splice } from '../../fanout/splice.ts';
import type { StreamItem } from '../../fanout/stream-item.ts';
import { Subscription } from '../../fanout/subscription.ts';
import type { Clock, EpochMs } from '../../time/clock.ts';
import type { EpochMinute } from '../../time/minute.ts';
import type { Codec, ControlMessage } from './codec.ts';
import { barsPerFrame, encodeItems } from './encoded-batch.ts';
import type { Endpoint } from './endpoint.ts';
import { type StreamErrorCode, streamErrors } from './errors.ts';

/** Bytes that may be on their way to the kernel before frames wait in the outbox, where they can be conflated. */
const windowBytes = 1024 * 1024;

export interface ClientOptions {
  readonly socket: WebSocket;
  readonly codec: Codec;
  readonly endpoint: Endpoint;
  readonly address: string;
  /** The market's clock, which bars are stamped by. */
  readonly clock: Clock;
  readonly outboxBytes: number;
  readonly compress: boolean;
  /** Told once, when the client is too slow. */
  readonly onSlow: (client: StreamClient) => void;
}

/** Why a client is not read: its messages wait for their turn, or it sent too many. */
export type PauseReason = 'turn' | 'rate';

/** One connection: what it is subscribed to, and the frames that it has not taken yet. */
export class StreamClient {
  readonly socket: WebSocket;
  readonly codec: Codec;
  readonly endpoint: Endpoint;
  readonly address: string;
  subscription = Subscription.none;
  authenticated = false;
  readonly #options: ClientOptions;
  readonly #outbox: Outbox;
  #sending = 0;
  #splice: { readonly splice: Splice; finishedAt: EpochMs | undefined } | undefined;
  #onDrained: (() => void)[] = [];
  readonly #pauses = new Set<PauseReason>();
  #ended = false;

  constructor(options: ClientOptions) {
    this.socket = options.socket;
    this.codec = options.codec;
    this.endpoint = options.endpoint;
    this.address = options.address;
    this.#options = options;
    this.#outbox = new Outbox(options.outboxBytes, (items) => encodeItems(this.codec, items));
    options.socket.once('close', () => this.#end());
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes that this client has not taken yet. */
  get queuedBytes(): number {
    return this.#sending + this.#outbox.bytes + (this.#splice?.splice.bytes ?? 0);
  }

  get conflated(): number {
    return this.#outbox.conflated;
  }

  /** True while it is not read, so that no pong of it can be heard. */
  get paused(): boolean {
    return this.#pauses.size > 0;
  }

  /** Read nothing from it until every reason is gone. */
  pause(reason: PauseReason): void {
    this.#pauses.add(reason);
    this.socket.pause();
  }

  resume(reason: PauseReason): void {
    if (this.#pauses.delete(reason) && this.#pauses.size === 0) this.socket.resume();
  }

  control(message: ControlMessage): void {
    this.#take({ items: [], data: this.codec.control(message) });
  }

  /** Tell of an error. The connection stays open, as Alpaca's does. */
  error(code: StreamErrorCode, reason?: string): void {
    this.control({ T: 'error', code, msg: streamErrors[code], ...(reason === undefined ? {} : { reason }) });
  }

  /** Live frames. Never waits: what the client does not take is kept for it, up to its bound. */
  deliver(parcels: readonly Parcel[]): void {
    if (this.#ended) return;
    if (!this.#splice) {
      for (const parcel of parcels) this.#take(parcel);
      return;
    }
    const { splice, finishedAt } = this.#splice;
    if (finishedAt === undefined) {
      for (const parcel of parcels) splice.hold(parcel);
      if (splice.bytes > this.#options.outboxBytes) this.#tooSlow();
      return;
    }
    for (const parcel of parcels) for (const part of splice.pass(parcel)) this.#take(part);
    if (splice.isOver(finishedAt, this.#options.clock.now())) this.#splice = undefined;
  }

  /**
   * From here on live frames wait until `endReplay`. `released`, for those who want settled bars: the last
   * minute that went out before.
   */
  beginReplay(released?: EpochMinute): void {
    const splice = new Splice({
      startedAt: this.#options.clock.now(),
      encode: (items) => encodeItems(this.codec, items),
      released,
      before: this.#splice?.splice,
    });
    this.#splice = { splice, finishedAt: undefined };
  }

  /** Bars from the store. Resolves when the client has taken them: a slow client slows its replay. */
  async replay(items: readonly StreamItem[]): Promise<void> {
    if (this.#ended || items.length === 0) return;
    this.#splice?.splice.replayed(items);
    for (let from = 0; from < items.length; from += barsPerFrame) {
      const some = items.slice(from, from + barsPerFrame);
      this.#take({ items: some, data: encodeItems(this.codec, some) });
    }
    if (this.#outbox.length > 0) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
  }

  endReplay(): void {
    if (!this.#splice) return;
    const waiting = this.#splice.splice.finish();
    this.#splice.finishedAt = this.#options.clock.now();
    for (const parcel of waiting) this.#take(parcel);
  }

  /** End with a close frame; the caller sees to it that a peer who does not answer is cut off. */
  close(code: number, reason: string): void {
    this.#outbox.clear();
    this.socket.close(code, reason);
  }

  #take(parcel: Parcel): void {
    if (this.#ended) return;
    if (this.#outbox.length === 0 && this.#sending < windowBytes) this.#send(parcel);
    else if (!this.#outbox.push(parcel)) this.#tooSlow();
  }

  #send(parcel: Parcel): void {
    const { length } = parcel.data;
    this.#sending += length;
    const options = { binary: this.codec.binary, compress: this.#options.compress };
    this.socket.send(parcel.data, options, () => {
      this.#sending -= length;
      if (this.#outbox.length > 0) this.#pump();
    });
  }

  #pump(): void {
    while (this.#sending < windowBytes) {
      const parcel = this.#outbox.shift();
      if (!parcel) break;
      this.#send(parcel);
    }
    if (this.#outbox.length === 0) this.#drained();
  }

  #drained(): void {
    const waiting = this.#onDrained;
    this.#onDrained = [];
    for (const resume of waiting) resume();
  }

  #tooSlow(): void {
    if (this.#ended) return;
    this.#outbox.clear();
    this.#splice = undefined;
    this.#send({ items: [], data: this.codec.control({ T: 'error', code: 407, msg: streamErrors[407] }) });
    this.#ended = true;
    this.#drained();
    this.#options.onSlow(this);
  }

  #end(): void {
    this.#ended = true;
    this.#outbox.clear();
    this.#splice = undefined;
    this.#drained();
  }
}
