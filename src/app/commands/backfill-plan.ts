import type { Question, Want } from '../../ingest/cut.ts';
import type { Account } from '../../ledger/account.ts';
import type { Stretch } from '../../ledger/account-stretch.ts';
import type { Feed } from '../../market/feed.ts';
import { isCryptoPair, type MarketSymbol } from '../../market/symbol.ts';
import type { EpochMs } from '../../time/clock.ts';
import { addMinutes } from '../../time/minute.ts';
import type { MarketHours } from '../market-hours.ts';
import { questionsFor } from '../service/fill-chores.ts';
import { cutAt, settledUntil } from './minute-range.ts';

export interface BackfillInput {
  readonly symbols: readonly MarketSymbol[];
  /** The minutes that are wanted. */
  readonly range: Stretch;
  /** Of the stocks. */
  readonly feed: Feed;
  /** What was asked before, with the calendar of `hours`. */
  readonly account: Account;
  readonly hours: MarketHours;
  readonly now: EpochMs;
  /** Minutes for which bars still appear and change. */
  readonly lookback: number;
  readonly requestsPerMinute: number;
}

/** What a backfill would ask. */
export interface BackfillPlan {
  readonly questions: readonly Question[];
  /** Symbols of which some minute is asked. */
  readonly symbols: number;
  /** The range of the stocks (of pairs without any), without what is not settled yet. */
  readonly range: Stretch;
  /** True when minutes at the end were left out because they are not settled, or not free to read yet. */
  readonly isCut: boolean;
  /** Symbols times open minutes: there can't be more bars. */
  readonly mostBars: number;
  /** Requests if every minute had a bar; quiet minutes make it fewer. */
  readonly mostRequests: number;
  /** How long so many requests take at this budget, in minutes. */
  readonly minutes: number;
}

const barsPerPage = 10_000;

/** Plan to ask for each minute of the range that was not asked yet. Pure. */
export function planBackfill(input: BackfillInput): BackfillPlan {
  // In order, so that bars of a symbol lie together in the store and a commit is compared with few of the others.
  const symbols = input.symbols.toSorted();
  const stocks = symbols.filter((symbol) => !isCryptoPair(symbol));
  const pairs = symbols.filter((symbol) => isCryptoPair(symbol));
  const ofStocks = openWants(stocks, input.feed, input);
  const ofPairs = openWants(pairs, 'crypto', input);
  const wants = [...ofStocks, ...ofPairs];
  const questions = questionsFor(wants, input.feed, input);
  const mostRequests = questions.reduce((sum, { mostBars }) => sum + Math.ceil(mostBars / barsPerPage), 0);
  const range = closedRange(stocks.length > 0 ? input.feed : 'crypto', input);
  return {
    questions,
    symbols: new Set(wants.flatMap((want) => want.symbols)).size,
    range,
    isCut: range.to < input.range.to,
    mostBars: questions.reduce((sum, { mostBars }) => sum + mostBars, 0),
    mostRequests,
    minutes: mostRequests / input.requestsPerMinute,
  };
}

function closedRange(feed: Feed, { range, now, lookback }: BackfillInput): Stretch {
  return cutAt(range, settledUntil(now, feed, lookback));
}

/** What was not asked of `feed`, from the first open minute to the last. */
function openWants(symbols: readonly MarketSymbol[], feed: Feed, input: BackfillInput): Want[] {
  const kind = feed === 'crypto' ? 'all' : input.hours.kind;
  const range = closedRange(feed, input);
  if (range.to <= range.from) return [];
  return input.account
    .sharedGaps(symbols, range, feed)
    .map(({ symbols: lacking, from, to }) => ({
      symbols: lacking,
      from,
      to: addMinutes(input.hours.calendar.previousMinute(to, kind), 1),
    }))
    .filter(({ from, to }) => from < to);
}
