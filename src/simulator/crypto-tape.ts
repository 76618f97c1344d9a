import { fraction, hash, hashText } from './hash.ts';
import { cryptoPairs } from './known-symbols.ts';
import { pathAt } from './price-path.ts';
import type { Tape } from './tape.ts';

/** The service's history of crypto begins with 2021. */
const firstMinute = Date.parse('2021-01-01T00:00:00Z') / 60_000;

/**
 * Pairs around the clock. A minute without a trade has a bar all the same, made of the quotes' middle: its
 * volume and trade count are 0.
 *
 * @param quiet Share of minutes without a trade.
 */
export function createCryptoTape(seed: number, quiet: number): Tape {
  return {
    symbols: [...cryptoPairs.keys()].sort(),
    bar: (symbol, minute) => {
      const base = cryptoPairs.get(symbol);
      if (base === undefined || minute < firstMinute) return undefined;
      const key = hashText(seed, symbol);
      const bits = hash(key, minute);
      const o = rounded(base * pathAt(key, minute, 2), base);
      const c = rounded(base * pathAt(key, minute + 1, 2), base);
      const h = Math.max(o, c, rounded(Math.max(o, c) * (1 + 0.0006 * fraction(hash(bits, 1))), base));
      const l = Math.min(o, c, rounded(Math.min(o, c) * (1 - 0.0006 * fraction(hash(bits, 2))), base));
      const traded = fraction(bits) >= quiet;
      const n = traded ? 1 + Math.floor(20 * fraction(hash(bits, 3)) ** 2) : 0;
      const v = traded ? Math.max(1, Math.round(((n * 40_000) / base) * fraction(hash(bits, 4)))) / 1e4 : 0;
      return { minute, o, h, l, c, v, n, vw: Math.min(h, Math.max(l, rounded((h + l + o + c) / 4, base))) };
    },
    candidate: (symbol, minute, step) => {
      if (!cryptoPairs.has(symbol) || (step === -1 && minute < firstMinute)) return undefined;
      return Math.max(minute, firstMinute);
    },
  };
}

/** About seven digits that count, as quotes of a pair have them. */
function rounded(price: number, base: number): number {
  const places = Math.min(10, Math.max(2, 6 - Math.floor(Math.log10(base))));
  const scale = 10 ** places;
  return Math.round(price * scale) / scale;
}
