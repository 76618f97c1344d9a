import type { MarketBar, Minute } from './bar.ts';
import { fraction, hash, hashText } from './hash.ts';
import type { Tape } from './tape.ts';

/** A bar of a recording. What the recording lacks of `v`, `n` and `vw` is made up, the same each time. */
export interface RecordedBar {
  readonly symbol: string;
  readonly minute: Minute;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v?: number | undefined;
  readonly n?: number | undefined;
  readonly vw?: number | undefined;
}

/** A tape of recorded bars, of all symbols or of those named. */
export function createReplayTape(bars: readonly RecordedBar[], seed: number, only?: readonly string[]): Tape {
  const wanted = only && new Set(only);
  const bySymbol = new Map<string, Map<Minute, MarketBar>>();
  for (const bar of bars) {
    if (wanted && !wanted.has(bar.symbol)) continue;
    let own = bySymbol.get(bar.symbol);
    if (!own) {
      own = new Map();
      bySymbol.set(bar.symbol, own);
    }
    own.set(bar.minute, completed(bar, seed));
  }
  const minutes = new Map<string, readonly Minute[]>();
  for (const [symbol, own] of bySymbol)
    minutes.set(
      symbol,
      [...own.keys()].sort((a, b) => a - b),
    );
  return {
    symbols: [...bySymbol.keys()].sort(),
    bar: (symbol, minute) => bySymbol.get(symbol)?.get(minute),
    candidate: (symbol, minute, step) => nearest(minutes.get(symbol) ?? [], minute, step),
  };
}

function completed({ symbol, ...bar }: RecordedBar, seed: number): MarketBar {
  const bits = hash(hashText(seed, symbol), bar.minute);
  const v = bar.v ?? 100 * (1 + Math.floor(80 * fraction(bits) ** 2));
  const n = bar.n ?? Math.max(1, Math.min(v, Math.round(v / (20 + 80 * fraction(hash(bits, 1))))));
  const middle = Math.round(((bar.h + bar.l + 2 * bar.c) / 4) * 1e6) / 1e6;
  const vw = bar.vw ?? Math.min(bar.h, Math.max(bar.l, middle));
  return { ...bar, v, n, vw };
}

function nearest(sorted: readonly Minute[], minute: Minute, step: 1 | -1): Minute | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < minute) low = middle + 1;
    else high = middle;
  }
  if (step === 1 || sorted[low] === minute) return sorted[low];
  return sorted[low - 1];
}
