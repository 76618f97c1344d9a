import type { EpochMs } from '../time/clock.ts';
import type { MarketBar } from './bar.ts';
import { fraction, hash, hashText } from './hash.ts';

export interface PublicationOptions {
  readonly seed: number;
  /** How long after its close a bar usually becomes visible, in milliseconds: shortest and longest. */
  readonly delayMs: readonly [number, number];
  /** Share of bars that change once, about 30 s after the close. */
  readonly revised: number;
  /** Share of bars that become visible late. */
  readonly late: number;
  /** The latest that a late bar becomes visible, in minutes after its close. */
  readonly lateMinutes: number;
}

/** The life of one bar: when it is first seen, as what, and when it becomes what it stays. */
export interface Publication {
  readonly visibleAt: EpochMs;
  readonly late: boolean;
  readonly first: MarketBar;
  /** Equal to `visibleAt` for a bar that is never revised. */
  readonly finalAt: EpochMs;
  readonly final: MarketBar;
}

const revisionAfterMs = 30_000;

/** When the bars of a tape become visible, and which are corrected. A function of (seed, symbol, minute). */
export interface Publisher {
  /** The whole life of a bar. */
  life(symbol: string, bar: MarketBar): Publication;
  /** The bar as it is visible at an instant, or undefined before it is. */
  at(symbol: string, bar: MarketBar, now: EpochMs): MarketBar | undefined;
}

export function createPublisher(options: PublicationOptions): Publisher {
  const { seed, revised, late, lateMinutes } = options;
  const [shortest, longest] = options.delayMs;
  const keys = new Map<string, number>();
  // Every bar older than this is what it stays: the way that most bars of a long window are read.
  const settledAfterMs = Math.max(longest, late > 0 ? lateMinutes * 60_000 : 0) + 2 * revisionAfterMs;

  const keyOf = (symbol: string) => {
    let key = keys.get(symbol);
    if (key === undefined) {
      key = hashText(seed ^ 0x70b1, symbol);
      keys.set(symbol, key);
    }
    return key;
  };

  const life = (symbol: string, bar: MarketBar): Publication => {
    const close = (bar.minute + 1) * 60_000;
    const bits = hash(keyOf(symbol), bar.minute);
    const isLate = fraction(hash(bits, 1)) < late;
    const share = fraction(hash(bits, 2));
    const usual = Math.round(shortest + share * (longest - shortest));
    const wait = isLate
      ? Math.max(usual, Math.ceil(longest + share * (lateMinutes * 60_000 - longest)))
      : usual;
    const visibleAt = close + wait;
    if (fraction(hash(bits, 3)) >= revised) {
      return { visibleAt, late: isLate, first: bar, finalAt: visibleAt, final: bar };
    }
    const mark = Math.max(close, isLate ? visibleAt : close) + revisionAfterMs;
    const finalAt = Math.max(mark, visibleAt + 1) + Math.round(1_000 * fraction(hash(bits, 4)));
    return { visibleAt, late: isLate, first: beforeCorrection(bar, hash(bits, 5)), finalAt, final: bar };
  };

  return {
    life,
    at: (symbol, bar, now) => {
      const age = now - (bar.minute + 1) * 60_000;
      if (age >= settledAfterMs) return bar;
      if (age < 0) return undefined;
      const { visibleAt, first, finalAt, final } = life(symbol, bar);
      if (now < visibleAt) return undefined;
      return now < finalAt ? first : final;
    },
  };
}

/** What was known before the trades that came in late: fewer trades, less volume, in a third another close. */
function beforeCorrection(bar: MarketBar, bits: number): MarketBar {
  const { h, l } = bar;
  const missing = 1 + (bits % 5);
  const n = Math.max(1, bar.n - missing);
  const v = bar.v > missing ? Math.round((bar.v - missing) * 1e6) / 1e6 : bar.v + missing;
  const otherClose = h > l && fraction(hash(bits, 1)) < 0.35;
  const c = otherClose ? (bar.c === h ? l : h) : bar.c;
  const vw = h > l ? Math.round(((bar.vw + (h + l) / 2) / 2) * 1e6) / 1e6 : bar.vw;
  return { ...bar, c, n, v, vw: Math.min(h, Math.max(l, vw)) };
}
