import type { Question, Want } from '../../ingest/cut.ts';
import { type Account } from '../../ledger/account.ts';
import { covers, gapsIn, type Stretch } from '../../ledger/account-stretch.ts';
import { type Feed, stockFeeds } from '../../market/feed.ts';
import { isCryptoPair, type MarketSymbol } from '../../market/symbol.ts';
import { addMinutes, type EpochMinute } from '../../time/minute.ts';
import type { EpochMs } from '../../time/clock.ts';
import type { MarketHours } from '../market-hours.ts';
import { questionsFor } from '../service/fill-chores.ts';
import { cutAt, settledUntil } from './minute-range.ts';

export interface OwedInput {
  readonly symbols: readonly MarketSymbol[];
  readonly range: Stretch;
  readonly account: Account;
  readonly hours: MarketHours;
  readonly now: EpochMs;
  readonly lookback: number;
}

/** Minutes of some symbols that one feed answers for: it was asked, and none above it. */
export class OwedMinutes {
  readonly #input: OwedInput;
  /** By feed and symbol: each is asked for once a bar. */
  readonly #stretches = new Map<string, readonly Stretch[]>();

  constructor(input: OwedInput) {
    this.#input = input;
  }

  /** The stretches in which what `feed` says has to be what the store says. */
  stretches(symbol: MarketSymbol, feed: Feed): readonly Stretch[] {
    const key = `${feed} ${symbol}`;
    let known = this.#stretches.get(key);
    if (!known) {
      known = this.#stretchesOf(symbol, feed);
      this.#stretches.set(key, known);
    }
    return known;
  }

  #stretchesOf(symbol: MarketSymbol, feed: Feed): readonly Stretch[] {
    const { account } = this.#input;
    const range = this.settledRange(feed);
    const above = feed !== 'sip' && feed !== 'crypto' ? account.coverage(symbol, 'sip') : [];
    return account
      .coverage(symbol, feed)
      .map(({ from, to }) => ({
        from: from > range.from ? from : range.from,
        to: to < range.to ? to : range.to,
      }))
      .filter(({ from, to }) => from < to)
      .flatMap((stretch) => gapsIn(above, stretch));
  }

  covers(symbol: MarketSymbol, feed: Feed, minute: EpochMinute): boolean {
    return covers(this.stretches(symbol, feed), minute);
  }

  settledRange(feed: Feed): Stretch {
    const { range, now, lookback } = this.#input;
    return cutAt(range, settledUntil(now, feed, lookback));
  }

  questions(): Question[] {
    return [...stockFeeds, 'crypto' as const].flatMap((feed) => {
      const wants = new Map<string, Want & { readonly symbols: MarketSymbol[] }>();
      for (const symbol of this.#input.symbols) {
        if (isCryptoPair(symbol) !== (feed === 'crypto')) continue;
        for (const stretch of this.stretches(symbol, feed)) add(wants, symbol, stretch);
      }
      return this.cut([...wants.values()], feed);
    });
  }

  /** Questions about wants of one feed, without closed hours at their ends. */
  cut(wants: readonly Want[], feed: Feed): Question[] {
    const { hours } = this.#input;
    const kind = feed === 'crypto' ? 'all' : hours.kind;
    const open = wants
      .map(({ symbols, from, to }) => ({
        symbols,
        from,
        to: addMinutes(hours.calendar.previousMinute(to, kind), 1),
      }))
      .filter(({ from, to }) => from < to);
    return questionsFor(open, feed, { hours });
  }

  /** Symbols times open minutes of the range that were never asked of any feed. */
  uncovered(): number {
    const { account, symbols, range, hours, now, lookback } = this.#input;
    const settled = cutAt(range, settledUntil(now, 'iex', lookback));
    let minutes = 0;
    for (const gap of account.sharedGaps(symbols, settled))
      for (const group of [gap.symbols.filter(isCryptoPair), gap.symbols.filter((s) => !isCryptoPair(s))]) {
        const [symbol] = group;
        if (symbol !== undefined)
          minutes += group.length * hours.openMinutes(gap.from, addMinutes(gap.to, -1), symbol);
      }
    return minutes;
  }
}

/** Symbols that want the same stretch are asked together. */
export function add(
  wants: Map<string, Want & { readonly symbols: MarketSymbol[] }>,
  symbol: MarketSymbol,
  { from, to }: Stretch,
): void {
  const key = `${from} ${to}`;
  const want = wants.get(key);
  if (want) want.symbols.push(symbol);
  else wants.set(key, { symbols: [symbol], from, to });
}
