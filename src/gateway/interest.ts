import type { MarketSymbol } from '../market/symbol.ts';
import type { Clock, EpochMs } from '../time/clock.ts';
import type { Admission, Universe } from './ports.ts';

/**
 * Which symbols the clients want, counted: the first who wants a symbol has it polled, and it is given up
 * `lingerMs` after the last one has left, so that a bot's restart changes nothing.
 */
export class Interest {
  readonly #universe: Universe;
  readonly #clock: Clock;
  readonly #lingerMs: number;
  readonly #stop = new AbortController();
  readonly #counts = new Map<MarketSymbol, number>();
  readonly #leaving = new Map<MarketSymbol, EpochMs>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(universe: Universe, clock: Clock, lingerMs: number) {
    this.#universe = universe;
    this.#clock = clock;
    this.#lingerMs = lingerMs;
  }

  /** Symbols that are held for clients. */
  get size(): number {
    return this.#counts.size;
  }

  /** All of them or none. Each success has to be matched by a `release` of the same symbols. */
  acquire(symbols: readonly MarketSymbol[]): Promise<Admission> {
    // One after another: the second who wants a symbol has to know how it went for the first.
    const result = this.#turn.then(() => this.#acquire(symbols));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  release(symbols: readonly MarketSymbol[]): void {
    const idle: MarketSymbol[] = [];
    for (const symbol of symbols) {
      const left = (this.#counts.get(symbol) ?? 1) - 1;
      this.#counts.set(symbol, left);
      if (left === 0) idle.push(symbol);
    }
    if (idle.length === 0) return;
    const until = this.#clock.now() + this.#lingerMs;
    for (const symbol of idle) this.#leaving.set(symbol, until);
    this.#clock.sleep(this.#lingerMs, this.#stop.signal).then(
      () => this.#giveUp(idle),
      () => undefined,
    );
  }

  close(): void {
    this.#stop.abort();
  }

  async #acquire(symbols: readonly MarketSymbol[]): Promise<Admission> {
    const fresh = symbols.filter((symbol) => !this.#counts.has(symbol));
    if (fresh.length > 0) {
      const admission = await this.#universe.acquire(fresh);
      if (!admission.admitted) return admission;
    }
    for (const symbol of symbols) {
      this.#counts.set(symbol, (this.#counts.get(symbol) ?? 0) + 1);
      this.#leaving.delete(symbol);
    }
    return { admitted: true };
  }

  #giveUp(symbols: readonly MarketSymbol[]): void {
    const now = this.#clock.now();
    const gone = symbols.filter((symbol) => (this.#leaving.get(symbol) ?? Number.POSITIVE_INFINITY) <= now);
    for (const symbol of gone) {
      this.#leaving.delete(symbol);
      this.#counts.delete(symbol);
    }
    if (gone.length > 0) this.#universe.release(gone);
  }
}
