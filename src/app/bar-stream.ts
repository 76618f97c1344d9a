import { BoundedQueue } from '../async/bounded-queue.ts';
import type { IngestSink, NoticeEvent } from '../ingest/events.ts';
import type { Bar } from '../market/bar.ts';
import type { Plan } from '../plan/plan.ts';
import type { Engine, PlanSettings } from './engine.ts';

/** A revision: a later version of a bar that was delivered before. */
export type Revision = Bar & { readonly type: 'revision' };

/** Everything that a stream brings, told apart by `type`. */
export type StreamEvent = Bar | NoticeEvent;

/** The events that can be listened to, by type. */
export type StreamEventOf<T extends StreamEvent['type']> = T extends Bar['type']
  ? Bar & { readonly type: T }
  : Extract<NoticeEvent, { readonly type: T }>;

/** Makes the engine of a stream, and the way to let go of its connections. */
export type StartStream = (
  sink: IngestSink,
  signal: AbortSignal,
) => Promise<{ readonly engine: Engine; readonly close: () => Promise<void> }>;

type Listener = (event: never) => void;

/** Answers' worth of bars that wait for the consumer before the asking pauses. */
const pagesAhead = 8;

/**
 * A running stream of minute bars. Iterate over it for first deliveries; `on` tells of revisions, gaps,
 * quarantine, budget and passes, in order with the bars; `events()` gives all of it as values.
 *
 * A consumer that is slow slows the asking down: nothing is dropped, and what is late is fetched late.
 * Leaving the loop, or aborting the signal, stops the stream.
 */
export class BarStream implements AsyncIterable<Bar> {
  readonly #queue = new BoundedQueue<StreamEvent | readonly Bar[]>(pagesAhead);
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #stop = new AbortController();
  readonly #start: StartStream;
  #engine: Engine | undefined;
  #running: Promise<void> | undefined;

  constructor(start: StartStream, signal?: AbortSignal) {
    this.#start = start;
    if (signal?.aborted) this.#stop.abort(signal.reason);
    signal?.addEventListener('abort', () => this.#stop.abort(signal.reason), {
      once: true,
      signal: this.#stop.signal,
    });
  }

  /** The plan in force, once the stream runs. */
  get plan(): Plan | undefined {
    return this.#engine?.plan;
  }

  /** Listen to events of one type. They come in order with the bars, when the consumer reaches them. */
  on<T extends StreamEvent['type']>(type: T, listener: (event: StreamEventOf<T>) => void): this {
    const known = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, known.add(listener));
    return this;
  }

  off<T extends StreamEvent['type']>(type: T, listener: (event: StreamEventOf<T>) => void): this {
    this.#listeners.get(type)?.delete(listener);
    return this;
  }

  /** Switch mode, batch size, requests in flight or budget while the stream runs; nothing is lost. */
  reconfigure(settings: PlanSettings): Plan | undefined {
    return this.#engine?.replan(settings);
  }

  /** Stop asking. Iterations end after what is already here. */
  stop(): void {
    this.#stop.abort(new Error('the stream was stopped'));
  }

  /** First deliveries only, one at a time. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Bar, void, undefined> {
    for await (const event of this.events()) {
      if (event.type === 'bar') yield event;
    }
  }

  /** Bars, revisions and notices, one at a time. */
  async *events(): AsyncGenerator<StreamEvent, void, undefined> {
    for await (const batch of this.batches()) yield* batch;
  }

  /** The same, as they come: all bars and revisions of an answer together. One iteration at a time. */
  async *batches(): AsyncGenerator<readonly StreamEvent[], void, undefined> {
    this.#running ??= this.#run();
    try {
      for await (const item of this.#queue) {
        const batch = 'type' in item ? [item] : item;
        for (const event of batch) this.#emit(event);
        yield batch;
      }
    } finally {
      this.stop();
      await this.#running;
    }
  }

  async #run(): Promise<void> {
    const sink: IngestSink = {
      bars: (bars) => this.#queue.write(bars),
      notice: (event) => void this.#queue.write(event),
    };
    try {
      const { engine, close } = await this.#start(sink, this.#stop.signal);
      this.#engine = engine;
      try {
        await engine.run(this.#stop.signal);
      } finally {
        await close();
      }
      this.#queue.end();
    } catch (error) {
      if (this.#stop.signal.aborted) this.#queue.end();
      else this.#queue.fail(error);
    }
  }

  #emit(event: StreamEvent): void {
    const known = this.#listeners.get(event.type);
    if (known) for (const listener of known) listener(event as never);
  }
}
