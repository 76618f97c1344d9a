import type { MarketBar, Minute } from './bar.ts';
import { fraction, hash, hashText } from './hash.ts';
import { knownPrices } from './known-symbols.ts';
import { newYorkOffset } from './new-york.ts';
import { pathAt } from './price-path.ts';
import type { Tape } from './tape.ts';
import { type TradingHours, tradingMinute } from './trading-hours.ts';

export interface GeneratedTapeOptions {
  readonly symbols: readonly string[];
  readonly seed: number;
  readonly hours: TradingHours;
  /** Share of minutes without a trade on iex, the same for every symbol; undefined spreads it from busy to thin. */
  readonly quiet: number | undefined;
}

/** What distinguishes a symbol. Derived from its name and the seed, kept only to save the deriving. */
interface Profile {
  readonly key: number;
  readonly base: number;
  readonly volatility: number;
  readonly quiet: number;
  /** Mean trades a minute. */
  readonly trades: number;
}

/** The service's history begins with 2016. */
const firstMinute = Date.parse('2016-01-04T05:00:00Z') / 60_000;

/** Minutes in which nobody trades, as a share of those in which one exchange sees no trade. */
const quietOfSip = 0.02;

/** A tape made up from a seed: every bar is a function of (seed, symbol, minute). */
export function createGeneratedTape(options: GeneratedTapeOptions): Tape {
  const { hours } = options;
  const profiles = new Map<string, Profile>();
  for (const symbol of options.symbols) profiles.set(symbol, profileOf(symbol, options));
  const symbols = [...profiles.keys()].sort();
  return {
    symbols,
    bar: (symbol, minute, feed) => {
      const profile = profiles.get(symbol);
      if (!profile || minute < firstMinute) return undefined;
      const bits = hash(profile.key, minute);
      // The same draw for both feeds: where one exchange trades, so does the market.
      if (fraction(bits) < profile.quiet * (feed === 'sip' ? quietOfSip : 1)) return undefined;
      if (hours !== 'always' && tradingMinute(hours, minute, 1) !== minute) return undefined;
      const bar = barOf(profile, minute, bits, hours === 'always' ? 1 : activity(minute));
      return feed === 'sip' ? consolidated(bar, bits) : bar;
    },
    candidate: (symbol, minute, step) => {
      if (!profiles.has(symbol)) return undefined;
      if (step === -1 && minute < firstMinute) return undefined;
      return tradingMinute(hours, Math.max(minute, firstMinute), step);
    },
  };
}

function profileOf(symbol: string, { seed, quiet }: GeneratedTapeOptions): Profile {
  const price = knownPrices.get(symbol);
  const famous = price !== undefined;
  const key = hashText(seed, symbol);
  const rank = fraction(hash(key, 1));
  const thinness = famous ? 0.04 * rank : 0.02 + 0.95 * rank ** 1.6;
  // Most of the others lie between 3 and 100 dollars, some below one.
  const base = price ?? Math.exp(-0.3 + 5.5 * fraction(hash(key, 2)));
  return {
    key,
    base: Math.round(base * 100) / 100,
    volatility: 0.6 + 1.6 * fraction(hash(key, 3)),
    quiet: quiet ?? thinness,
    trades: famous ? 120 + 400 * fraction(hash(key, 4)) : 2 + 60 * (1 - rank) ** 3,
  };
}

function barOf(profile: Profile, minute: Minute, bits: number, busy: number): MarketBar {
  const { key, base, volatility } = profile;
  const size = hash(bits, 1);
  const n = 1 + Math.floor(profile.trades * busy * 2 * fraction(size) ** 2);
  const v = n + Math.floor(n * 90 * fraction(hash(bits, 2)));
  const o = ticks(base * pathAt(key, minute, volatility), size);
  if (n === 1) return inDollars(minute, o, o, o, o, v, n, 0);
  const wick = hash(bits, 3);
  const c = ticks(base * pathAt(key, minute + 1, volatility), wick);
  const reach = base * volatility * 6;
  const h = Math.max(o, c) + cents(reach * fraction(wick) ** 3);
  const l = Math.max(1, Math.min(o, c) - cents(reach * fraction(hash(wick, 4)) ** 3));
  return inDollars(minute, o, h, l, c, v, n, fraction(hash(wick, 5)));
}

/** The bar of all exchanges: the one exchange's trades are among its own, so it only reaches further. */
function consolidated(bar: MarketBar, bits: number): MarketBar {
  const more = hash(bits, 7);
  const n = bar.n * (8 + (more % 30)) + 3;
  const v = bar.v * (8 + (more % 30)) + n + (more % 997);
  const tick = bar.l < 1 ? 1 : 100;
  const h = Math.round(bar.h * 1e4) + tick * ((more >>> 8) % 3);
  const l = Math.max(1, Math.round(bar.l * 1e4) - tick * ((more >>> 10) % 3));
  return { ...bar, h: h / 1e4, l: l / 1e4, v, n };
}

/** A price in ten-thousandths of a dollar: whole cents, now and then half a cent, finer below one dollar. */
function ticks(price: number, bits: number): number {
  if (price < 1) return Math.max(1, Math.round(price * 10_000));
  return Math.round(price * 100) * 100 + (bits % 11 === 0 ? 50 : 0);
}

function cents(tenThousandths: number): number {
  return Math.round(tenThousandths / 100) * 100;
}

/** Whole numbers divided once give the shortest decimals, and keep l <= vw <= h exactly. */
function inDollars(
  minute: Minute,
  o: number,
  h: number,
  l: number,
  c: number,
  v: number,
  n: number,
  share: number,
): MarketBar {
  const vw = l * 100 + Math.round((h - l) * 100 * (0.25 + share / 2));
  return { minute, o: o / 1e4, h: h / 1e4, l: l / 1e4, c: c / 1e4, v, n, vw: vw / 1e6 };
}

/** The day's shape: busiest at the open and the close, quiet before and after. */
function activity(minute: Minute): number {
  const clock = (((minute - newYorkOffset(minute)) % 1440) + 1440) % 1440;
  if (clock < 570 || clock >= 960) return 0.1;
  const place = (clock - 765) / 195;
  return 0.5 + 1.5 * place * place;
}
