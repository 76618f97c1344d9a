import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { Backfill, Missing } from './ports.ts';

interface Flight {
  readonly start: EpochMinute;
  readonly end: EpochMinute;
  readonly done: Promise<void>;
}

/**
 * Has what the store lacks fetched, once: whoever wants a minute that is being fetched for another waits for
 * that.
 */
export class MissingBars {
  readonly #backfill: Backfill;
  readonly #stop = new AbortController();
  readonly #flights = new Map<MarketSymbol, Flight[]>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(backfill: Backfill) {
    this.#backfill = backfill;
  }

  /** Windows that are being fetched. */
  get inFlight(): number {
    return new Set([...this.#flights.values()].flat().map((flight) => flight.done)).size;
  }

  /** Resolves when the store has all of `wanted` that exists; rejects with what went wrong with a fetch. */
  async ensure(wanted: Missing): Promise<void> {
    const waits = this.#turn.then(() => this.#start(wanted));
    this.#turn = waits.catch(() => undefined);
    await Promise.all(await waits);
  }

  close(): void {
    this.#stop.abort();
  }

  /** Start what is missing and not under way. Returns all that has to be waited for. */
  async #start(wanted: Missing): Promise<Promise<void>[]> {
    const waits = new Set<Promise<void>>();
    for (const missing of await this.#backfill.missing(wanted)) {
      const fresh: MarketSymbol[] = [];
      for (const symbol of missing.symbols) {
        const over = (this.#flights.get(symbol) ?? []).filter(
          ({ start, end }) => start <= missing.end && end >= missing.start,
        );
        for (const flight of over) waits.add(flight.done);
        const covered = over.some(({ start, end }) => start <= missing.start && end >= missing.end);
        if (!covered) fresh.push(symbol);
      }
      if (fresh.length > 0) waits.add(this.#fly({ ...missing, symbols: fresh }, [...waits]));
    }
    return [...waits];
  }

  #fly(missing: Missing, after: readonly Promise<void>[]): Promise<void> {
    // What overlaps only in part goes first, and what it brought is not asked for again.
    const done = Promise.allSettled(after).then(() => this.#fetch(missing, after.length > 0));
    const flight: Flight = { start: missing.start, end: missing.end, done };
    for (const symbol of missing.symbols) {
      const flights = this.#flights.get(symbol);
      if (flights) flights.push(flight);
      else this.#flights.set(symbol, [flight]);
    }
    const land = () => this.#land(missing.symbols, flight);
    done.then(land, land);
    return done;
  }

  async #fetch(missing: Missing, stale: boolean): Promise<void> {
    const parts = stale ? await this.#backfill.missing(missing) : [missing];
    for (const part of parts) await this.#backfill.fetch(part, this.#stop.signal);
  }

  #land(symbols: readonly MarketSymbol[], flight: Flight): void {
    for (const symbol of symbols) {
      const left = (this.#flights.get(symbol) ?? []).filter((other) => other !== flight);
      if (left.length > 0) this.#flights.set(symbol, left);
      else this.#flights.delete(symbol);
    }
  }
}
