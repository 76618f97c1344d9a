import type { MarketSymbol } from '../market/symbol.ts';
import type { Clock, EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { Backfill, Missing } from './ports.ts';

/**
 * What was fetched is not fetched again for this long, in milliseconds of real time, even when the store does not
 * vouch for it yet: its latest minutes may still change, but a bot that asks every second must not cost a request
 * every second.
 */
const freshMs = 15_000;

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
  readonly #wallClock: Clock;
  /** What was fetched last of a symbol, and until when that counts. */
  readonly #fresh = new Map<MarketSymbol, Omit<Flight, 'done'> & { readonly until: EpochMs }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(backfill: Backfill, wallClock: Clock) {
    this.#backfill = backfill;
    this.#wallClock = wallClock;
  }

  /** Symbols that the store lacks something of in a window. */
  async lacking(wanted: Missing): Promise<ReadonlySet<MarketSymbol>> {
    const missing = await this.#backfill.missing(wanted);
    return new Set(missing.flatMap(({ symbols }) => symbols));
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
        if (this.#isFresh(symbol, missing)) continue;
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
    this.#remember(missing);
  }

  #isFresh(symbol: MarketSymbol, { start, end }: Missing): boolean {
    const fresh = this.#fresh.get(symbol);
    return (
      fresh !== undefined && fresh.until > this.#wallClock.now() && fresh.start <= start && fresh.end >= end
    );
  }

  #remember({ symbols, start, end }: Missing): void {
    const now = this.#wallClock.now();
    for (const [symbol, { until }] of this.#fresh) if (until <= now) this.#fresh.delete(symbol);
    for (const symbol of symbols) this.#fresh.set(symbol, { start, end, until: now + freshMs });
  }

  #land(symbols: readonly MarketSymbol[], flight: Flight): void {
    for (const symbol of symbols) {
      const left = (this.#flights.get(symbol) ?? []).filter((other) => other !== flight);
      if (left.length > 0) this.#flights.set(symbol, left);
      else this.#flights.delete(symbol);
    }
  }
}
