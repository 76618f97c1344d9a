import { Worker } from './worker.ts';

export interface ListenersTask {
  readonly port: number;
  readonly path: string;
  readonly clients: number;
}

/** Programs that subscribe to every bar, together in a process of their own. */
export class Listeners {
  readonly #worker: Worker;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Have it watch for so many bytes from now on. */
  async expect(bytes: number): Promise<void> {
    await this.#worker.ask({ expect: bytes });
  }

  /** When the last of those bytes came, in epoch milliseconds. */
  async done(): Promise<number> {
    const { at } = await this.#worker.hear<{ at: number }>();
    return at;
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }
}

/** Resolves when all are subscribed. */
export async function listeners(task: ListenersTask): Promise<Listeners> {
  const worker = new Worker(new URL('../children/listeners.js', import.meta.url));
  await worker.ask({ ...task });
  return new Listeners(worker);
}
