import type {
  JobAnswer,
  PlanAnswer,
  ProgressAnswer,
  StatusAnswer,
} from '../../gateway/dashboard/contract.ts';
import type { Plan } from '../../plan/plan.ts';
import { lastClosed } from '../../time/minute.ts';
import type { Service } from './service.ts';
import { snapshotOf } from './snapshot.ts';

export interface StatusContext {
  readonly startedAt: number;
  readonly clients: number;
  readonly jobs: readonly JobAnswer[];
}

/** The state of the service for the page. */
export function statusAnswer(service: Service, { startedAt, clients, jobs }: StatusContext): StatusAnswer {
  const { clock, hours, engine, store } = service;
  const snapshot = snapshotOf(service, startedAt);
  const { used, limit, byLane, waiting, refused } = snapshot.budget;
  const { commits, lastMs, failing } = snapshot.store;
  return {
    now: clock.now(),
    startedAt,
    feed: snapshot.feed,
    sessionKind: hours.kind,
    symbols: snapshot.symbols,
    quarantined: snapshot.quarantined,
    openGapMinutes: snapshot.openGapMinutes,
    clients,
    // Before the first seal the sealer's own number is only where it will begin.
    lastSealed: store.memory.lastSeal ? (snapshot.lastSealed ?? null) : null,
    sealDue: snapshot.sealDue ?? null,
    breaker: snapshot.breaker,
    budget: { used, limit, byLane, waiting, refused },
    lateness: snapshot.lateness ?? null,
    clockOffsetMs: snapshot.clockOffsetMs ?? null,
    market: { session: snapshot.market.session, nextChange: snapshot.market.nextChange ?? null },
    store: { commits, lastMs, failing },
    lastPass: snapshot.lastPass ?? null,
    progress: progressOf(service),
    plan: planAnswer(engine.plan),
    jobs,
  };
}

export function planAnswer(plan: Plan): PlanAnswer {
  const { mode, batchSize, concurrency, requestsPerMinute, budgetPerMinute } = plan;
  const { cadenceMinutes, secondsPerCycle, warnings } = plan;
  return {
    mode,
    batchSize,
    concurrency,
    requestsPerMinute,
    budgetPerMinute,
    cadenceMinutes,
    secondsPerCycle,
    warnings,
  };
}

/** How far the polling of the last closed minute has come; null while every market is closed. */
function progressOf({ clock, hours, engine }: Service): ProgressAnswer | null {
  const minute = lastClosed(clock.now());
  let [symbols, asked, bars] = [0, 0, 0];
  for (const state of engine.poller.roster.all()) {
    if (state.quarantine || !hours.isOpen(minute, state.symbol)) continue;
    symbols += 1;
    if (state.lastBar >= minute) bars += 1;
    if (state.askedThrough >= minute) asked += 1;
  }
  if (symbols === 0) return null;
  const { batches } = engine.plan;
  // Batches hold about as many symbols each, so the share of symbols is the share of batches.
  const batchesDone = asked === symbols ? batches : Math.floor((asked / symbols) * batches);
  return { minute, symbols, asked, bars, batches, batchesDone };
}
