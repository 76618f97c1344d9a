import { isFleeceError } from '../../errors.ts';
import { cut, type Question, type Want } from '../../ingest/cut.ts';
import { fill, type FillerOptions } from '../../ingest/filler.ts';
import { owedMinutes, unhealedMinutes } from '../../ingest/owed.ts';
import type { Recorder } from '../../ingest/recorder.ts';
import type { Poller } from '../../ingest/poller.ts';
import type { Bus } from '../../fanout/bus.ts';
import type { Account } from '../../ledger/account.ts';
import type { Bar } from '../../market/bar.ts';
import { type Feed, sipDelayMinutes, type StockFeed } from '../../market/feed.ts';
import { isCryptoPair, type MarketSymbol } from '../../market/symbol.ts';
import { maxListBytes } from '../../plan/plan.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Clock } from '../../time/clock.ts';
import { addMinutes, type EpochMinute, minuteOf, toIsoMinute } from '../../time/minute.ts';
import type { MarketHours } from '../market-hours.ts';
import type { Chore } from './housekeeping.ts';

export interface FillChoreOptions extends FillerOptions {
  readonly poller: Poller;
  readonly account: Account;
  readonly watchedSince: ReadonlyMap<MarketSymbol, EpochMinute>;
  /** The account lags behind the watermarks by what is not kept yet. */
  readonly recorder: Recorder;
  readonly hours: MarketHours;
  readonly feed: StockFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly bus: Bus;
  /** Minutes from here on are owed to every symbol, where somebody asked for that. */
  readonly since: EpochMinute | undefined;
}

/** Full pages are worth waiting for, but not longer than this. */
const longestHealWait = 15;
const barsPerPage = 10_000;

/** Downtime is filled in the backfill lane, oldest first, while live polling goes on. */
export function backfillChore(options: FillChoreOptions): Chore {
  const { poller, account, watchedSince, recorder, feed, since, log } = options;
  return {
    name: 'backfill',
    run: async (signal) => {
      if (!(await isKeeping(recorder))) return;
      const wants = owedMinutes(activeSymbols(poller), {
        account,
        watchedSince,
        feed,
        since,
        liveFrom: (symbol) => poller.roster.get(symbol)?.openFrom ?? (0 as EpochMinute),
      });
      const questions = questionsFor(wants, feed, options);
      if (questions.length === 0) return;
      log.info('filling what was missed', spanOf(questions));
      const { bars, failed } = await fill(options, questions, { lane: 'backfill', signal });
      log.info('filled', { bars, failed });
    },
  };
}

/** Stretches that are old enough are asked again from the consolidated tape, a few full pages at a time. */
export function healChore(options: FillChoreOptions, healFeed: Feed): Chore {
  const { poller, account, watchedSince, recorder, feed, clock, log, bus } = options;
  let isRefused = false;
  return {
    name: 'heal',
    run: async (signal) => {
      if (isRefused || !(await isKeeping(recorder))) return;
      const through = addMinutes(minuteOf(clock.now()), -sipDelayMinutes);
      const wants = unhealedMinutes(activeSymbols(poller), {
        account,
        watchedSince,
        feed,
        healFeed,
        through,
      });
      const questions = questionsFor(wants, healFeed, options);
      if (questions.length === 0 || !isWorthAsking(questions, through, options)) return;
      try {
        for (const question of questions) await healOne(question, signal);
      } catch (error) {
        if (!isFleeceError(error) || error.code !== 'forbidden') throw error;
        isRefused = true;
        log.warn(`healing is off: ${error.message}`);
      }
    },
  };

  async function healOne(question: Question, signal: AbortSignal): Promise<void> {
    let bars = 0;
    const onPage = (page: readonly Bar[]) => {
      bars += page.length;
      if (page.length > 0) bus.publish({ type: 'bars', bars: page });
    };
    const { failed } = await fill(options, [question], { lane: 'repair', signal, onPage });
    if (failed > 0) return;
    const { symbols, start: from, end: to } = question;
    bus.publish({ type: 'heal', feed: healFeed, symbols, from, to, bars, at: clock.now() });
    log.info('healed', {
      feed: healFeed,
      symbols: symbols.length,
      from: toIsoMinute(from),
      to: toIsoMinute(to),
      bars,
    });
  }
}

/**
 * True once the account is up to date. While the store keeps nothing it would have the same stretch fetched again
 * and again, only to wait with the live bars.
 */
async function isKeeping(recorder: Recorder): Promise<boolean> {
  await recorder.flushUnlessFailing();
  return !recorder.statistics.failing;
}

/** The symbols that are polled and accepted. */
export function* activeSymbols(poller: Poller): Generator<MarketSymbol> {
  for (const state of poller.roster.all()) if (!state.quarantine) yield state.symbol;
}

/** Stocks and crypto pairs have different endpoints and different hours. */
export function questionsFor(
  wants: readonly Want[],
  feed: Feed,
  { hours }: { readonly hours: MarketHours },
): Question[] {
  return wants.flatMap((want) => {
    const stocks = want.symbols.filter((symbol) => !isCryptoPair(symbol));
    const pairs = want.symbols.filter((symbol) => isCryptoPair(symbol));
    return [
      ...cutFor({ ...want, symbols: stocks }, feed, hours),
      ...cutFor({ ...want, symbols: pairs }, 'crypto', hours),
    ];
  });
}

function cutFor(want: Want, feed: Feed, hours: MarketHours): Question[] {
  const [symbol] = want.symbols;
  if (symbol === undefined) return [];
  return cut([want], { feed, maxListBytes, openMinutes: (from, to) => hours.openMinutes(from, to, symbol) });
}

function isWorthAsking(
  questions: readonly Question[],
  through: EpochMinute,
  { hours }: FillChoreOptions,
): boolean {
  const [first] = questions;
  if (!first) return false;
  const bars = questions.reduce((sum, question) => sum + question.mostBars, 0);
  const waited = through - first.start;
  const [symbol] = first.symbols;
  const isOver = symbol !== undefined && !hours.isOpen(through, symbol);
  return bars >= questions.length * barsPerPage || waited >= longestHealWait || isOver;
}

function spanOf(questions: readonly Question[]): {
  from: string;
  to: string;
  questions: number;
  estimatedRequests: number;
} {
  const from = Math.min(...questions.map((question) => question.start)) as EpochMinute;
  const to = Math.max(...questions.map((question) => question.end)) as EpochMinute;
  const bars = questions.reduce((sum, question) => sum + question.mostBars, 0);
  return {
    from: toIsoMinute(from),
    to: toIsoMinute(to),
    questions: questions.length,
    estimatedRequests: Math.max(questions.length, Math.ceil(bars / barsPerPage)),
  };
}
