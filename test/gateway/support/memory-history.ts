import type { Bar, BarRow } from '../../../src/market/bar.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import type { BarHistory, HistoryBar, HistoryQuery, ReplayQuery } from '../../../src/gateway/ports.ts';
import { dayStart } from '../../../src/gateway/stream/daily-bars.ts';
import type { EpochMinute } from '../../../src/time/minute.ts';

/** Every version of every bar, in a list. */
export class MemoryHistory implements BarHistory {
  readonly versions: Bar[] = [];
  reads = 0;
  /** Runs before each chunk of a replay, so that a test can publish in the middle of one. */
  beforeChunk: (chunk: number) => void | Promise<void> = () => undefined;
  chunkBars = 1000;

  add(...bars: readonly Bar[]): void {
    this.versions.push(...bars);
  }

  #newest(symbols: readonly MarketSymbol[]): Bar[] {
    const newest = new Map<string, Bar>();
    const wanted = new Set(symbols);
    for (const bar of this.versions)
      if (wanted.has(bar.symbol)) newest.set(`${bar.symbol} ${bar.minute}`, bar);
    return [...newest.values()].sort((a, b) => a.minute - b.minute);
  }

  async read(query: HistoryQuery): Promise<readonly HistoryBar[]> {
    this.reads += 1;
    const found: HistoryBar[] = [];
    for (const symbol of query.symbols.toSorted()) {
      const own = fold(symbol, this.#newest([symbol]), query).filter(
        ({ minute }) => minute >= query.start && minute <= query.end,
      );
      if (query.sort === 'desc') own.reverse();
      found.push(...own);
    }
    const { after, sort } = query;
    const left = after
      ? found.filter(
          (bar) =>
            bar.symbol > after.symbol ||
            (bar.symbol === after.symbol &&
              (sort === 'asc' ? bar.minute > after.minute : bar.minute < after.minute)),
        )
      : found;
    return left.slice(0, query.limit);
  }

  async latest(symbols: readonly MarketSymbol[]): Promise<readonly HistoryBar[]> {
    return symbols.flatMap((symbol) => this.#newest([symbol]).slice(-1));
  }

  async *replay(query: ReplayQuery): AsyncGenerator<readonly Bar[]> {
    const wanted = query.symbols && new Set(query.symbols);
    const end = query.end ?? Number.POSITIVE_INFINITY;
    const bars = this.versions
      .filter((bar) => !wanted || wanted.has(bar.symbol))
      .filter(({ minute }) => minute >= query.start && minute <= end)
      .sort(
        (a, b) =>
          a.minute - b.minute ||
          (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) ||
          rank(a) - rank(b) ||
          a.version - b.version,
      );
    for (let at = 0, chunk = 0; at < bars.length; at += this.chunkBars, chunk++) {
      await this.beforeChunk(chunk);
      yield bars.slice(at, at + this.chunkBars);
    }
  }
}

function rank({ feed }: Bar): number {
  return feed === 'sip' ? 2 : 1;
}

function fold(symbol: MarketSymbol, rows: readonly BarRow[], { timeframe }: HistoryQuery): HistoryBar[] {
  const buckets = new Map<EpochMinute, BarRow[]>();
  for (const row of rows) {
    const start =
      timeframe.unit === 'day'
        ? dayStart(row.minute)
        : ((row.minute - (row.minute % timeframe.count)) as EpochMinute);
    buckets.set(start, [...(buckets.get(start) ?? []), row]);
  }
  return [...buckets].map(([minute, list]) => {
    const v = sum(list.map((row) => row.v));
    return {
      symbol,
      minute,
      o: (list[0] as BarRow).o,
      h: Math.max(...list.map((row) => row.h)),
      l: Math.min(...list.map((row) => row.l)),
      c: (list.at(-1) as BarRow).c,
      v,
      n: sum(list.map((row) => row.n)),
      vw: v > 0 ? sum(list.map((row) => row.vw * row.v)) / v : 0,
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
