import { FleeceError } from '../../src/errors.ts';
import type { BarRow } from '../../src/market/bar.ts';
import type { BarPage, BarQuery, BarQueryOptions, BarSource, Lane } from '../../src/market/bar-source.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { Clock, EpochMs } from '../../src/time/clock.ts';
import type { EpochMinute } from '../../src/time/minute.ts';

/** One minute's life: which values the service shows from when on, oldest first. */
export type Life = readonly { readonly at: EpochMs; readonly row: BarRow }[];

export interface Asked {
  readonly symbols: readonly MarketSymbol[];
  readonly feed: string;
  readonly start: EpochMinute;
  readonly end: EpochMinute;
  readonly lane: Lane;
  readonly at: EpochMs;
}

/** What becomes of a request; nothing said means that it is answered. */
export type Fate = 'answer' | 'server_error' | 'torn' | 'hang' | FleeceError;

export function row(minute: number, close: number): BarRow {
  return {
    minute: minute as EpochMinute,
    o: close - 1,
    h: close + 1,
    l: close - 2,
    c: close,
    v: 100,
    n: 3,
    vw: close,
  };
}

/** A service in memory: what it shows depends on the clock, as the real one's answers do. */
export class FakeMarket implements BarSource {
  readonly asked: Asked[] = [];
  readonly lives = new Map<MarketSymbol, Map<number, Life>>();
  latencyMs = 150;
  /** Rows a page. */
  pageSize = 10_000;
  /** Minutes that an answer holds beyond both ends of what was asked. */
  overshoot = 0;
  fate: (asked: Asked) => Fate = () => 'answer';
  /** Symbols that were asked about while they already were. */
  readonly overlaps: string[] = [];
  readonly #underWay = new Set<string>();
  inFlight = 0;
  mostInFlight = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Show a bar from `delayMs` after its minute on, and each of `revisions` from its own delay on. */
  show(
    symbol: string,
    minute: number,
    close: number,
    delayMs = 500,
    revisions: [number, number][] = [],
  ): this {
    const life = [[delayMs, close] as const, ...revisions].map(([delay, value]) => ({
      at: (minute + 1) * 60_000 + delay,
      row: row(minute, value),
    }));
    const minutes = this.lives.get(symbol as MarketSymbol) ?? new Map<number, Life>();
    this.lives.set(symbol as MarketSymbol, minutes.set(minute, life));
    return this;
  }

  at(symbol: string, minute: number, when: EpochMs): BarRow | undefined {
    return this.lives
      .get(symbol as MarketSymbol)
      ?.get(minute)
      ?.findLast(({ at }) => at <= when)?.row;
  }

  async *pages(query: BarQuery, { lane, signal }: BarQueryOptions): AsyncGenerator<BarPage> {
    const asked: Asked = { ...query, lane, at: this.#clock.now() };
    this.asked.push(asked);
    const fate = this.fate(asked);
    this.inFlight += 1;
    this.overlaps.push(...query.symbols.filter((symbol) => this.#underWay.has(symbol)));
    for (const symbol of query.symbols) this.#underWay.add(symbol);
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      for (const rows of this.#walk(query)) {
        const askedAt = this.#clock.now();
        if (fate === 'hang') await this.#clock.sleep(1e9, signal);
        await this.#clock.sleep(this.latencyMs, signal);
        if (fate instanceof FleeceError) throw fate;
        if (fate === 'server_error') throw new FleeceError('server_error', 'HTTP 500', { retryable: true });
        yield { rows: rows(this.#clock.now()), askedAt, receivedAt: this.#clock.now() };
        if (fate === 'torn') throw new FleeceError('network', 'reset', { retryable: true });
      }
    } finally {
      this.inFlight -= 1;
      for (const symbol of query.symbols) this.#underWay.delete(symbol);
    }
  }

  /** Pages by symbol and then by time; which rows a page holds is settled when it is read. */
  *#walk({ symbols, start, end }: BarQuery): Generator<(now: EpochMs) => Map<MarketSymbol, BarRow[]>> {
    const first = start - this.overshoot;
    const minutes = Array.from({ length: end + this.overshoot - first + 1 }, (_, at) => first + at);
    const places = symbols.toSorted().flatMap((symbol) => minutes.map((minute) => ({ symbol, minute })));
    for (let from = 0; from === 0 || from < places.length; from += this.pageSize) {
      const part = places.slice(from, from + this.pageSize);
      yield (now) => {
        const rows = new Map<MarketSymbol, BarRow[]>();
        for (const { symbol, minute } of part) {
          const found = this.at(symbol, minute, now);
          if (found) rows.set(symbol, [...(rows.get(symbol) ?? []), found]);
        }
        return rows;
      };
    }
  }
}
