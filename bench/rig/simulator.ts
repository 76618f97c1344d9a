import type { MarketOptions } from '../../src/simulator/index.ts';
import type { ClockText } from './virtual-clock.ts';
import { Worker } from './worker.ts';

export interface SimulatorTask {
  readonly clock: ClockText;
  readonly market: MarketOptions;
  readonly rateLimit: number | 'off';
  /** Real milliseconds from a request to its answer, besides what the work takes. */
  readonly roundTripMs: number;
}

export interface SeenRequest {
  /** On the simulator's clock. */
  readonly at: number;
  readonly url: string;
  readonly status: number;
}

/** The local Alpaca in a process of its own. */
export class RigSimulator {
  readonly url: string;
  readonly #worker: Worker;

  private constructor(worker: Worker, url: string) {
    this.#worker = worker;
    this.url = url;
  }

  static async start(task: SimulatorTask): Promise<RigSimulator> {
    const worker = new Worker(new URL('../children/simulator.js', import.meta.url));
    const { url } = await worker.ask<{ url: string }>({ ...task });
    return new RigSimulator(worker, url);
  }

  /** Every request for bars so far. */
  async requests(): Promise<readonly SeenRequest[]> {
    const { requests } = await this.#worker.ask<{ requests: SeenRequest[] }>({ ask: 'requests' });
    return requests.filter(({ url }) => url.includes('/bars?'));
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }
}
