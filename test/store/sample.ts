import type { Bar } from '../../src/market/bar.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { addMinutes, type EpochMinute, minuteOf, startOf } from '../../src/time/minute.ts';

/** 2026-01-14 09:30 in New York. */
export const opening = minuteOf(Date.parse('2026-01-14T14:30:00Z'));

export function symbol(name: string): MarketSymbol {
  return name as MarketSymbol;
}

export function minute(iso: string): EpochMinute {
  return minuteOf(Date.parse(iso));
}

/** A bar with believable values that differ from minute to minute; `changes` replaces what a test is about. */
export function bar(changes: Partial<Bar> = {}): Bar {
  const at = changes.minute ?? opening;
  const o = 100 + (at % 97) / 100;
  return {
    type: 'bar',
    symbol: symbol('AAPL'),
    minute: at,
    o,
    h: o + 0.123456789,
    l: o - 0.5,
    c: o + 0.01,
    v: 1_200,
    n: 17,
    vw: o + 0.0033,
    feed: 'iex',
    receivedAt: startOf(addMinutes(at, 1)) + 2_500,
    version: 1,
    ...changes,
  };
}

/** One minute of `count` symbols. */
export function cycle(count: number, at: EpochMinute, seed = 0): Bar[] {
  return Array.from({ length: count }, (_, index) => {
    const o = 25 + ((index * 7_919 + at * 31 + seed) % 40_000) / 100;
    return bar({
      symbol: symbol(`S${index}`),
      minute: at,
      o,
      h: o + (5 + (index % 13)) / 100,
      l: o - (5 + (index % 11)) / 100,
      c: o + ((index % 7) - 3) / 100,
      v: 100 + ((index * 104_729 + at) % 90_000),
      n: 1 + (index % 400),
      vw: o + ((index * 13 + at) % 1_000) / 100_000,
    });
  });
}
