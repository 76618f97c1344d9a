/** At most `limit` tasks at a time; the others wait in order. The limit can change while tasks run. */
export class Semaphore {
  #limit: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  setLimit(limit: number): void {
    this.#limit = limit;
    this.#admit();
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push(start);
      this.#admit();
    });
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    while (this.#running < this.#limit) {
      const start = this.#waiting.shift();
      if (!start) return;
      this.#running += 1;
      start();
    }
  }
}
