import { FleeceError, isFleeceError } from '../../errors.ts';
import { fill } from '../../ingest/filler.ts';
import type { Bar } from '../../market/bar.ts';
import type { BarSource } from '../../market/bar-source.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { BarStore, CommitResult } from '../../store/bar-store.ts';
import type { Log } from '../../telemetry/log.ts';
import type { BackfillPlan } from './backfill-plan.ts';
import { Keeper } from './keeper.ts';
import { QuestionQueue } from './question-queue.ts';
import { rememberRefusals } from './remember-refusals.ts';

export interface BackfillOptions {
  readonly plan: BackfillPlan;
  readonly source: BarSource;
  readonly store: BarStore;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told after each page. */
  readonly onProgress?: (progress: BackfillProgress) => void;
}

export interface BackfillProgress {
  /** From 0 to 1. */
  readonly share: number;
  readonly bars: number;
}

/** What came of a backfill, all of it on the disk. */
export interface BackfillResult {
  /** Bars that the service sent. */
  readonly bars: number;
  readonly kept: CommitResult;
  /** Questions that could not be asked to their end, and are asked again by the next backfill. */
  readonly failed: number;
  /** Symbols that the service refuses, and why. */
  readonly refused: ReadonlyMap<MarketSymbol, string>;
  /** Why it ended before the plan did, if it did. */
  readonly endedBy: unknown;
}

/**
 * What the store of a backfill may use for its buffers: the database takes what it gets. Commits of new bars need a
 * quarter of it; those that correct minutes scattered over a large store need most.
 */
export const backfillMemory = '256MB';

/** Questions under way at a time: enough that the budget is the limit, and not the round trip. */
const inFlight = 4;

/**
 * Ask what the plan says and keep the answers. However it ends, what was fetched is kept; a question that was
 * not asked to its end is not in the account, and is asked again by the next backfill.
 */
export async function runBackfill(options: BackfillOptions): Promise<BackfillResult> {
  const { plan, store } = options;
  const source = rememberRefusals(options.source);
  const run = new Run({ ...options, source }, new Keeper(store), new QuestionQueue(plan.questions));
  await Promise.all(Array.from({ length: inFlight }, () => run.work()));
  return run.finish();
}

class Run {
  readonly #options: BackfillOptions;
  readonly #keeper: Keeper;
  readonly #queue: QuestionQueue;
  readonly #refused = new Map<MarketSymbol, string>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #done = 0;
  #bars = 0;
  #failed = 0;

  constructor(options: BackfillOptions, keeper: Keeper, queue: QuestionQueue) {
    this.#options = options;
    this.#keeper = keeper;
    this.#queue = queue;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
  }

  /** Ask questions until none is left. The first that fails for good ends all. */
  async work(): Promise<void> {
    try {
      while (!this.#signal.aborted) {
        const question = this.#queue.next();
        if (!question) return;
        const symbols = question.symbols.filter((symbol) => !this.#refused.has(symbol));
        if (symbols.length === 0) continue;
        const { source, log } = this.#options;
        const result = await fill({ source, recorder: this.#keeper, log }, [{ ...question, symbols }], {
          lane: 'backfill',
          signal: this.#signal,
          onPage: (bars) => this.#see(bars),
        });
        for (const [symbol, reason] of result.refused) this.#refused.set(symbol, reason);
        this.#failed += result.failed;
        if (result.failed === 0) this.#queue.learn(question, result.bars);
        this.#done += question.mostBars;
        this.#see([]);
      }
    } catch (error) {
      this.#stop.abort(error);
    }
  }

  async finish(): Promise<BackfillResult> {
    let endedBy: unknown = this.#signal.aborted ? this.#signal.reason : undefined;
    try {
      await this.#keeper.flush();
    } catch (error) {
      endedBy = error;
    }
    return {
      bars: this.#bars,
      kept: this.#keeper.kept,
      failed: this.#failed,
      refused: this.#refused,
      endedBy,
    };
  }

  /** Of questions under way only the bars are known, not how many are to come. */
  #see(bars: readonly Bar[]): void {
    this.#bars += bars.length;
    const { plan, onProgress } = this.#options;
    const byBars = this.#bars / Math.max(1, plan.mostBars * this.#queue.density);
    const byQuestions = this.#done / Math.max(1, plan.mostBars);
    onProgress?.({ share: Math.max(byQuestions, Math.min(byBars, 0.99)), bars: this.#bars });
  }
}

/** The error that a backfill which did not come to its end stands for, or undefined. */
export function backfillFault({ endedBy, failed, kept }: BackfillResult): FleeceError | undefined {
  const remains = `${kept.added + kept.revised} bars of this run are kept, and the same command goes on from there`;
  if (isFleeceError(endedBy) && endedBy.code !== 'aborted')
    return new FleeceError(endedBy.code, `${endedBy.message}; ${remains}`, { cause: endedBy });
  if (endedBy !== undefined) return new FleeceError('aborted', `stopped; ${remains}`, { cause: endedBy });
  if (failed > 0)
    return new FleeceError('network', `${failed} questions could not be asked to their end; ${remains}`);
  return undefined;
}
