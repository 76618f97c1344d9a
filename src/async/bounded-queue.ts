/**
 * A first-in-first-out queue between one or more writers and one reader. `write` answers `true` while there
 * is room, else a promise that resolves when there is: a slow reader slows the writer, and nothing is dropped.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  #items: T[] = [];
  #head = 0;
  #ended = false;
  #error: unknown;
  #reader: (() => void) | undefined;
  #writers: (() => void)[] = [];

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Take `item` in. The item is in the queue either way: a promise only asks the writer to wait. */
  write(item: T): true | Promise<void> {
    if (this.#ended) return true;
    this.#items.push(item);
    this.#reader?.();
    if (this.size < this.#capacity) return true;
    return new Promise((resolve) => this.#writers.push(resolve));
  }

  /** No item follows. What is in the queue can still be read. */
  end(): void {
    this.#ended = true;
    this.#reader?.();
    this.#release();
  }

  /** The reader gets `error` after what is in the queue. */
  fail(error: unknown): void {
    this.#error ??= error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.size > 0) yield this.#shift();
        if (this.#ended) break;
        await new Promise<void>((resolve) => {
          this.#reader = resolve;
        });
        this.#reader = undefined;
      }
      if (this.#error !== undefined) throw this.#error as Error;
    } finally {
      this.end();
    }
  }

  #shift(): T {
    const item = this.#items[this.#head] as T;
    this.#head += 1;
    if (this.#head > 1024 || this.#head === this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    if (this.size < this.#capacity) this.#release();
    return item;
  }

  #release(): void {
    const writers = this.#writers;
    this.#writers = [];
    for (const resume of writers) resume();
  }
}
