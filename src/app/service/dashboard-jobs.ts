import { FleeceError, messageOf } from '../../errors.ts';
import type {
  AskAgainAnswer,
  AskAgainRequest,
  BackfillAnswer,
  BackfillRequest,
  JobAnswer,
} from '../../gateway/dashboard/contract.ts';
import type { Question } from '../../ingest/cut.ts';
import { fill } from '../../ingest/filler.ts';
import { isCryptoPair, type MarketSymbol } from '../../market/symbol.ts';
import type { Log } from '../../telemetry/log.ts';
import { type EpochMinute, lastClosed, openFrom, toIsoMinute } from '../../time/minute.ts';
import type { CoverageKeeper } from './dashboard-coverage.ts';
import { questionsFor } from './fill-chores.ts';
import { missingBars } from './missing.ts';
import type { Service } from './service.ts';

/** Jobs that are remembered for the page. */
const mostJobs = 5;
const barsPerPage = 10_000;

/** How long a press of a button waits for its outcome, in milliseconds of the clock in use. */
const longestAnswerMs = 15_000;

type Job = { -readonly [K in keyof JobAnswer]: JobAnswer[K] };

/** What a reader of the page has asked for: one backfill at a time, and single minutes again. */
export class DashboardJobs {
  readonly #service: Service;
  readonly #log: Log;
  readonly #keeper: CoverageKeeper;
  readonly #stop = new AbortController();
  readonly #jobs: Job[] = [];
  readonly #work = new Set<Promise<void>>();
  #lastId = 0;

  constructor(service: Service, log: Log, keeper: CoverageKeeper) {
    this.#service = service;
    this.#log = log;
    this.#keeper = keeper;
  }

  get all(): readonly JobAnswer[] {
    return this.#jobs;
  }

  /** Stop what is under way, and wait until it has stopped. */
  async close(): Promise<void> {
    this.#stop.abort(new FleeceError('aborted', 'the service is stopping'));
    await Promise.allSettled(this.#work);
  }

  /** @throws FleeceError `bad_request` for a symbol that is not polled, `usage` while another one runs. */
  async backfill(request: BackfillRequest, dry: boolean): Promise<BackfillAnswer> {
    const symbols = request.symbols?.map((symbol) => this.#polled(symbol)) ?? this.#allSymbols();
    const questions = await this.#questions(symbols, request.from, request.to);
    const cost = this.#costOf(questions);
    if (dry || questions.length === 0) return cost;
    if (this.#jobs.some(({ state }) => state === 'running'))
      throw new FleeceError('usage', 'a backfill is running: start the next one when it is done');
    this.#lastId += 1;
    const span = `${toIsoMinute(request.from as EpochMinute)} to ${toIsoMinute(request.to as EpochMinute)}`;
    const job: Job = {
      id: this.#lastId,
      what: `${cost.symbols} symbols, ${span}`,
      state: 'running',
      questions: questions.length,
      questionsDone: 0,
      bars: 0,
    };
    this.#jobs.unshift(job);
    this.#jobs.splice(mostJobs);
    this.#track(this.#run(job, questions));
    return { ...cost, job: job.id };
  }

  /** @throws FleeceError `bad_request` for a symbol that is not polled. */
  async askAgain({ symbols, from, to }: AskAgainRequest): Promise<AskAgainAnswer> {
    const known = symbols.map((symbol) => this.#polled(symbol));
    const released = this.#lookSoon(known);
    if (from === undefined || to === undefined) {
      const accepted = released.length;
      const message =
        accepted === 0 ? 'None of them is in quarantine.' : 'Looked at again right after the next poll.';
      return { accepted, message };
    }
    const asked = known.filter((symbol) => !released.includes(symbol));
    const end = Math.min(to, lastClosed(this.#service.clock.now())) as EpochMinute;
    if (asked.length === 0)
      return { accepted: released.length, message: 'Looked at again right after the next poll.' };
    if (end < from) return { accepted: 0, message: 'That minute is not over yet.' };
    const { source, recorder, hours, clock, engine, settings, store } = this.#service;
    const { feed, lookback } = settings;
    const isPolled = (symbol: MarketSymbol) => engine.poller.roster.get(symbol) !== undefined;
    const { account } = store.memory;
    const world = { source, recorder, log: this.#log, account, hours, feed, clock, lookback, isPolled };
    const missing = { symbols: asked, start: from as EpochMinute, end };
    const message = await this.#soon(async () => {
      const bars = missingBars(world);
      await bars.fetch(missing, this.#stop.signal);
      await this.#keeper.reread(from, end);
      const left = await bars.missing(missing);
      return left.length > 0
        ? 'Not all of it was answered: it will be asked for again by itself.'
        : 'Asked again: what the service has of it is kept.';
    });
    return { accepted: asked.length, message };
  }

  /** What came of the work, or that it goes on, when it takes longer than a reader likes to wait. */
  async #soon(work: () => Promise<string>): Promise<string> {
    const { clock } = this.#service;
    const outcome = work().catch((error: unknown) => `It failed: ${messageOf(error)}`);
    this.#track(outcome.then(() => undefined));
    const enough = new AbortController();
    const late = clock.sleep(longestAnswerMs, enough.signal).then(
      () => 'Being asked for: it takes longer than usual.',
      () => '',
    );
    const message = await Promise.race([outcome, late]);
    enough.abort();
    return message;
  }

  async #questions(symbols: readonly MarketSymbol[], from: number, to: number): Promise<Question[]> {
    const { store, settings, clock, hours } = this.#service;
    const { feed, lookback } = settings;
    // Younger minutes may still change: live polling takes care of those.
    const end = Math.min(to + 1, openFrom(clock.now(), lookback)) as EpochMinute;
    if (end <= from) return [];
    const window = { from: from as EpochMinute, to: end };
    const { account } = store.memory;
    const pairs = symbols.filter(isCryptoPair);
    const stocks = symbols.filter((symbol) => !isCryptoPair(symbol));
    const wants = [
      ...account.sharedGaps(stocks, window, feed),
      ...account.sharedGaps(pairs, window, 'crypto'),
    ];
    return questionsFor(wants, feed, { hours });
  }

  #costOf(questions: readonly Question[]): BackfillAnswer {
    const { engine, hours, host, clock } = this.#service;
    const { requestsPerMinute, secondPassRequests } = engine.plan;
    const isOpen = hours.calendar.isOpen(lastClosed(clock.now()), hours.kind);
    const { limit } = host.budget;
    // The budget leaves the lower lanes a tenth, whatever live polling needs.
    const spare = Math.max(limit * 0.1, limit - (isOpen ? requestsPerMinute + secondPassRequests : 0));
    const requests = questions.reduce(
      (sum, { mostBars }) => sum + Math.max(1, Math.ceil(mostBars / barsPerPage)),
      0,
    );
    return {
      symbols: new Set(questions.flatMap((question) => question.symbols)).size,
      cells: questions.reduce((sum, { mostBars }) => sum + mostBars, 0),
      questions: questions.length,
      requests,
      seconds: Math.ceil((requests / spare) * 60),
    };
  }

  async #run(job: Job, questions: readonly Question[]): Promise<void> {
    const { source, recorder } = this.#service;
    try {
      const { failed } = await fill({ source, recorder, log: this.#log }, questions, {
        lane: 'backfill',
        signal: this.#stop.signal,
        onPage: (bars) => {
          job.bars += bars.length;
        },
        onQuestion: () => {
          job.questionsDone += 1;
        },
      });
      await recorder.flushUnlessFailing();
      const from = Math.min(...questions.map(({ start }) => start));
      await this.#keeper.reread(from, Math.max(...questions.map(({ end }) => end)));
      job.state = failed > 0 ? 'failed' : 'done';
      if (failed > 0) job.message = `${failed} questions failed and will be asked again by themselves.`;
    } catch (error) {
      job.state = 'failed';
      job.message = messageOf(error);
    }
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }

  /** Those of the symbols that are in quarantine are looked at with the next poll. */
  #lookSoon(symbols: readonly MarketSymbol[]): MarketSymbol[] {
    const { engine, clock } = this.#service;
    return symbols.filter((symbol) => {
      const state = engine.poller.roster.get(symbol);
      if (!state?.quarantine) return false;
      state.quarantine = { ...state.quarantine, until: clock.now() };
      return true;
    });
  }

  #allSymbols(): MarketSymbol[] {
    return [...this.#service.engine.poller.roster.all()]
      .filter((state) => !state.quarantine)
      .map(({ symbol }) => symbol);
  }

  #polled(name: string): MarketSymbol {
    const state = this.#service.engine.poller.roster.get(name as MarketSymbol);
    if (state) return state.symbol;
    throw new FleeceError('bad_request', `${name} is not polled`);
  }
}
