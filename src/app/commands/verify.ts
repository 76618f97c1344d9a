import { isFleeceError, messageOf } from '../../errors.ts';
import type { Question, Want } from '../../ingest/cut.ts';
import type { BarSource } from '../../market/bar-source.ts';
import type { Feed } from '../../market/feed.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { DuckDbStore } from '../../store/duckdb-store.ts';
import { readFeedSpans } from '../../store/newest-bars.ts';
import type { Log } from '../../telemetry/log.ts';
import { addMinutes, toIsoMinute } from '../../time/minute.ts';
import { compare, type CompareOptions, type Comparison, type Difference } from './compare.ts';
import { Keeper } from './keeper.ts';
import { rememberRefusals } from './remember-refusals.ts';
import { add, type OwedInput, OwedMinutes } from './verify-plan.ts';

export interface VerifyOptions extends OwedInput {
  readonly store: DuckDbStore;
  /** Without bars outside the hours. */
  readonly source: BarSource;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Write what the service says, as new versions. */
  readonly fix: boolean;
}

export interface VerifyResult {
  readonly compared: number;
  readonly counts: Readonly<Record<Difference['kind'], number>>;
  /** The first of the differences. */
  readonly differences: readonly Difference[];
  /** Symbols times open minutes that were never asked: nothing is said of them. */
  readonly uncovered: number;
  /** Bars written by `fix`. */
  readonly fixed: number;
  /** Questions that could not be asked. */
  readonly failed: number;
  readonly refused: ReadonlyMap<MarketSymbol, string>;
}

/** Differences that are remembered one by one; of the others only the number is. */
const mostDifferences = 1_000;

/** Questions under way at a time. */
const inFlight = 4;

/**
 * Ask the service again for what the store has of a range, each stretch of the feed that answers for it, and
 * compare. Minutes that were asked are compared both ways; bars outside of them (imported ones) only for what
 * they say.
 */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const run = new Verification({ ...options, source: rememberRefusals(options.source) });
  await run.compareOwed();
  await run.compareRest();
  return run.finish();
}

class Verification {
  readonly #options: VerifyOptions;
  readonly #owed: OwedMinutes;
  readonly #keeper: Keeper;
  readonly #counts = { missing: 0, gone: 0, differs: 0 };
  readonly #differences: Difference[] = [];
  readonly #refused = new Map<MarketSymbol, string>();
  #compared = 0;
  #failed = 0;

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.#owed = new OwedMinutes(options);
    this.#keeper = new Keeper(options.store);
  }

  /** What was asked before, both ways. */
  async compareOwed(): Promise<void> {
    await this.#each(this.#owed.questions(), ({ feed }) => ({
      isMeant: (bar) => bar.feed === feed && this.#owed.covers(bar.symbol, feed, bar.minute),
      isOwed: (symbol, minute) => this.#owed.covers(symbol, feed, minute),
    }));
  }

  /** Bars that no question of their own feed stands for. */
  async compareRest(): Promise<void> {
    const { store, range, symbols } = this.#options;
    const byFeed = new Map<Feed, Map<string, Want & { readonly symbols: MarketSymbol[] }>>();
    for (const span of await readFeedSpans(store, range, symbols)) {
      const settled = this.#owed.settledRange(span.feed);
      const last = span.last < settled.to ? span.last : addMinutes(settled.to, -1);
      if (last < span.first || this.#isWhollyOwed(span)) continue;
      const wants = byFeed.get(span.feed) ?? new Map();
      byFeed.set(span.feed, wants);
      add(wants, span.symbol, { from: span.first, to: addMinutes(last, 1) });
    }
    for (const [feed, wants] of byFeed)
      await this.#each(this.#owed.cut([...wants.values()], feed), () => ({
        isMeant: (bar) => bar.feed === feed && !this.#owed.covers(bar.symbol, feed, bar.minute),
        isOwed: () => false,
      }));
  }

  async finish(): Promise<VerifyResult> {
    await this.#keeper.flush();
    const { added, revised } = this.#keeper.kept;
    return {
      compared: this.#compared,
      counts: this.#counts,
      differences: this.#differences,
      uncovered: this.#owed.uncovered(),
      fixed: added + revised,
      failed: this.#failed,
      refused: this.#refused,
    };
  }

  #isWhollyOwed({ symbol, feed, first, last }: Awaited<ReturnType<typeof readFeedSpans>>[number]): boolean {
    return this.#owed.stretches(symbol, feed).some(({ from, to }) => from <= first && last < to);
  }

  async #each(
    questions: readonly Question[],
    rules: (question: Question) => Pick<CompareOptions, 'isMeant' | 'isOwed'>,
  ): Promise<void> {
    const waiting = [...questions].values();
    const work = async () => {
      for (const question of waiting) await this.#ask(question, rules(question));
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }

  async #ask(question: Question, rules: Pick<CompareOptions, 'isMeant' | 'isOwed'>): Promise<void> {
    const { store, source, hours, signal, log } = this.#options;
    signal.throwIfAborted();
    const symbols = question.symbols.filter((symbol) => !this.#refused.has(symbol));
    if (symbols.length === 0) return;
    try {
      await this.#take(await compare({ ...question, symbols }, { store, source, hours, signal, ...rules }));
    } catch (error) {
      if (!isFleeceError(error) || !error.retryable) throw error;
      this.#failed += 1;
      const [from, to] = [toIsoMinute(question.start), toIsoMinute(question.end)];
      log.warn(`could not compare: ${messageOf(error)}`, { symbols: symbols.length, from, to });
    }
  }

  async #take({ differences, compared, refused }: Comparison): Promise<void> {
    this.#compared += compared;
    for (const [symbol, reason] of refused) this.#refused.set(symbol, reason);
    for (const difference of differences) {
      this.#counts[difference.kind] += 1;
      if (this.#differences.length < mostDifferences) this.#differences.push(difference);
    }
    if (!this.#options.fix) return;
    const bars = differences.map(({ there }) => there).filter((bar) => bar !== undefined);
    if (bars.length > 0) await this.#keeper.bars(bars);
  }
}
