import type { EpochMs } from '../time/clock.ts';
import type { MarketBar, Minute } from './bar.ts';
import { createCryptoTape } from './crypto-tape.ts';
import { createGeneratedTape } from './generated-tape.ts';
import { createPublisher, type Publication } from './publication.ts';
import { createReplayTape, type RecordedBar } from './replay-tape.ts';
import { symbolList } from './symbol-list.ts';
import type { Tape, TapeFeed } from './tape.ts';
import type { TradingHours } from './trading-hours.ts';

export interface MarketOptions {
  /** How many symbols, or which. Default: 500, or those of `bars`. */
  readonly symbols?: number | readonly string[];
  /** Default 1. The same seed gives the same market. */
  readonly seed?: number;
  /** Share of minutes without a trade on iex (on sip a fiftieth of it). Default: spread from near 0 for well-known names to nearly 1. */
  readonly quiet?: number;
  /** Share of bars that change about 30 s after their close. Default 0.00064, as measured. */
  readonly revised?: number;
  /** Share of bars that become visible late. Default 0. */
  readonly late?: number;
  /** The latest that a late bar becomes visible, in minutes after its close. Default 2, as long as Fleece waits. */
  readonly lateMinutes?: number;
  /** When a bar becomes visible after its close, in milliseconds: shortest and longest. Default 100 to 3000. */
  readonly delayMs?: readonly [number, number];
  /** When stocks trade. Default `always`, so that it can be tried at any time. No meaning with `bars`. */
  readonly hours?: TradingHours;
  /** Recorded bars to show in place of made-up ones; see `readBarsFile`. */
  readonly bars?: readonly RecordedBar[];
}

/** A bar with the symbol that it belongs to. */
export interface SymbolBar {
  readonly symbol: string;
  readonly bar: MarketBar;
}

/** The ground truth: every bar there is, and what of it can be seen when. Stocks and crypto pairs alike. */
export interface Market {
  /** Stock symbols, in order of the alphabet. */
  readonly symbols: readonly string[];
  /** Crypto pairs, in order of the alphabet. */
  readonly pairs: readonly string[];
  /** The bar of a minute as it is visible at an instant, or undefined. The feed is iex unless told. */
  at(symbol: string, minute: Minute, now: EpochMs, feed?: TapeFeed): MarketBar | undefined;
  /** The nearest minute from `minute` on (step 1) or back (step -1) that could have a bar. */
  candidate(symbol: string, minute: Minute, step: 1 | -1): Minute | undefined;
  /** When a bar becomes visible, as what, and what becomes of it; undefined when the minute has none. */
  publication(symbol: string, minute: Minute, feed?: TapeFeed): Publication | undefined;
  /** All bars of some symbols in the minutes `from` to `to` (inclusive) as visible at `now`, by symbol and time. */
  visible(symbols: Iterable<string>, from: Minute, to: Minute, now: EpochMs, feed?: TapeFeed): SymbolBar[];
}

/** @throws RangeError that names an option out of range. */
export function createMarket(options: MarketOptions = {}): Market {
  const { seed = 1, quiet, revised = 0.00064, late = 0, lateMinutes = 2, delayMs = [100, 3_000] } = options;
  for (const [name, value] of Object.entries({ quiet: quiet ?? 0, revised, late })) checkShare(name, value);
  checkDelay(delayMs);
  if (!(lateMinutes > 0)) throw new RangeError(`lateMinutes ${lateMinutes}: it has to be above 0`);
  const stocks = stockTape(options, seed);
  const crypto = createCryptoTape(seed, quiet ?? 0.3);
  const publisher = createPublisher({ seed, delayMs, revised, late, lateMinutes });
  const tapeOf = (symbol: string): Tape => (symbol.includes('/') ? crypto : stocks);

  const at: Market['at'] = (symbol, minute, now, feed = 'iex') => {
    if ((minute + 1) * 60_000 > now) return undefined;
    const bar = tapeOf(symbol).bar(symbol, minute, feed);
    return bar && publisher.at(symbol, bar, now);
  };

  return {
    symbols: stocks.symbols,
    pairs: crypto.symbols,
    at,
    candidate: (symbol, minute, step) => tapeOf(symbol).candidate(symbol, minute, step),
    publication: (symbol, minute, feed = 'iex') => {
      const bar = tapeOf(symbol).bar(symbol, minute, feed);
      return bar && publisher.life(symbol, bar);
    },
    visible: (symbols, from, to, now, feed) => {
      const found: SymbolBar[] = [];
      for (const symbol of [...symbols].sort()) {
        for (let minute = from; minute <= to; minute++) {
          const bar = at(symbol, minute, now, feed);
          if (bar) found.push({ symbol, bar });
        }
      }
      return found;
    },
  };
}

function stockTape({ symbols, bars, quiet, hours = 'always' }: MarketOptions, seed: number): Tape {
  if (bars) return createReplayTape(bars, seed, typeof symbols === 'object' ? symbols : undefined);
  const list = typeof symbols === 'object' ? symbols : symbolList(symbols ?? 500);
  return createGeneratedTape({ symbols: list, seed, hours, quiet });
}

function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} ${value}: a share lies between 0 and 1`);
}

function checkDelay([shortest, longest]: readonly [number, number]): void {
  if (!(shortest >= 0 && longest >= shortest)) {
    throw new RangeError(`delayMs ${shortest}-${longest}: two times in ms, the shorter first`);
  }
}
