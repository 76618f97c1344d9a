import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/** Records where this process spends its CPU between two moments. */
export class Profiler {
  readonly #path: string;
  #session: Session | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async start(): Promise<void> {
    if (this.#session) return;
    this.#session = new Session();
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.setSamplingInterval', { interval: 250 });
    await this.#session.post('Profiler.start');
  }

  async stop(): Promise<void> {
    if (!this.#session) return;
    const { profile } = await this.#session.post('Profiler.stop');
    this.#session.disconnect();
    writeFileSync(this.#path, JSON.stringify(profile));
  }
}
