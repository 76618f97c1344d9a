import { createAlpacaBarSource } from '../alpaca/bar-pages.ts';
import type { AlpacaHost } from '../alpaca/request.ts';
import type { IngestSink } from '../ingest/events.ts';
import { Poller, type PollerOptions } from '../ingest/poller.ts';
import type { PollShape } from '../ingest/turns.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { StockFeed } from '../market/feed.ts';
import type { Mode } from '../plan/modes.ts';
import { makePlan, maxListBytes, type Plan } from '../plan/plan.ts';
import type { Log } from '../telemetry/log.ts';
import { addMinutes, type EpochMinute, minuteOf } from '../time/minute.ts';
import { createRetryPolicy } from './hosts.ts';

/** What the plan of a run depends on; all of it can change while the run goes on. */
export interface PlanSettings {
  readonly mode: Mode;
  readonly batchSize?: number | 'auto' | undefined;
  readonly concurrency?: number | undefined;
  readonly rpm: number;
  readonly lookback?: number | undefined;
}

export interface EngineOptions extends PlanSettings {
  readonly host: AlpacaHost;
  readonly symbols: readonly MarketSymbol[];
  readonly feed: StockFeed;
  readonly lookback: number;
  readonly settleMs: number;
  readonly settleMinutes: number;
  readonly minutes?: number | undefined;
  /** The first minute that is owed, where that is before the start. */
  readonly sinceMinute?: EpochMinute | undefined;
  /** What earlier runs delivered of the minutes that are owed. */
  readonly ledger?: Ledger;
  readonly isOpen?: PollerOptions['isOpen'];
  readonly longestWindow?: number;
  readonly sink: IngestSink;
  readonly log: Log;
}

/** A poller over one host, planned for its universe and its budget. */
export interface Engine {
  readonly plan: Plan;
  readonly poller: Poller;
  /** Plan anew, by other settings or for a universe that has changed, and poll so from the next pass on. */
  replan(settings?: PlanSettings): Plan;
  /** The plan that there would be with more symbols. */
  preview(more: readonly MarketSymbol[]): Plan;
  /** Poll until the wanted minutes are delivered or the signal fires. */
  run(signal: AbortSignal): Promise<void>;
}

export function createEngine(options: EngineOptions): Engine {
  const { host, symbols, log, sink, feed, lookback, settleMs, settleMinutes, minutes } = options;
  const { clock } = host;
  let settings: PlanSettings = options;
  let plan = planFor(settings, symbols, host);
  announce(plan, log);
  reserve(plan, host);
  const thisMinute = minuteOf(clock.now());
  const poller = new Poller(
    {
      source: createAlpacaBarSource(host, createRetryPolicy(clock, log)),
      sink: withBudget(sink, host),
      clock,
      feed,
      shape: shapeOf(plan),
      lookback,
      settleMs,
      settleMinutes,
      from: earlier(options.sinceMinute ?? thisMinute, thisMinute),
      // The minute under way at the start is the first to close after it.
      ...(minutes !== undefined && { through: addMinutes(thisMinute, minutes - 1) }),
      ...(options.isOpen && { isOpen: options.isOpen }),
      ...(options.longestWindow !== undefined && { longestWindow: options.longestWindow }),
    },
    symbols,
    options.ledger,
  );
  return {
    get plan() {
      return plan;
    },
    poller,
    replan: (changed = settings) => {
      settings = changed;
      host.budget.setRequestsPerMinute(settings.rpm);
      plan = planFor(settings, poller.roster.symbols(), host);
      announce(plan, log);
      reserve(plan, host);
      poller.reshape(shapeOf(plan));
      return plan;
    },
    preview: (more) => planFor(settings, [...poller.roster.symbols(), ...more], host),
    run: (signal) => poller.run(signal),
  };
}

/** A run owes every minute from its start on, also when it is asked to begin at a time to come. */
function earlier(a: EpochMinute, b: EpochMinute): EpochMinute {
  return a < b ? a : b;
}

function planFor(settings: PlanSettings, symbols: readonly MarketSymbol[], host: AlpacaHost): Plan {
  const { mode, batchSize, concurrency, lookback } = settings;
  return makePlan({ symbols, mode, batchSize, concurrency, lookback, requestsPerMinute: host.budget.limit });
}

/** After each pass, how much of the budget is used. */
function withBudget(sink: IngestSink, { budget }: AlpacaHost): IngestSink {
  return {
    bars: (bars) => sink.bars(bars),
    notice: (event) => {
      sink.notice(event);
      if (event.type !== 'pass') return;
      const { used, limit, refused, total } = budget.usage();
      sink.notice({ type: 'budget', used, limit, refused, total });
    },
  };
}

/** What live polling may need each minute stays untouched by the lower lanes. */
function reserve(plan: Plan, host: AlpacaHost): void {
  host.budget.setReserve(plan.requestsPerMinute + plan.secondPassRequests);
}

/** Where the plan fits, a first pass may take what is left: batches that fail come back in smaller ones. */
function shapeOf(plan: Plan): PollShape {
  const { batchSize, concurrency, budgetPerMinute, fits, pagesPerBatch } = plan;
  const requests = fits ? budgetPerMinute - plan.secondPassRequests : plan.requestsPerMinute;
  const requestsPerMinute = Math.max(1, Math.floor(requests / pagesPerBatch));
  const secondPassRequests = Math.floor(plan.secondPassRequests / pagesPerBatch);
  return { batchSize, concurrency, requestsPerMinute, secondPassRequests, maxListBytes };
}

function announce(plan: Plan, log: Log): void {
  const { symbols, mode, batchSize, batches, concurrency, requestsPerMinute, budgetPerMinute } = plan;
  log.info('plan', { symbols, mode, batchSize, batches, concurrency, requestsPerMinute, budgetPerMinute });
  for (const warning of plan.warnings) log.warn(warning);
}
