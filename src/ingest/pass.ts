import type { Semaphore } from '../async/semaphore.ts';
import { isFleeceError, messageOf } from '../errors.ts';
import type { Lane } from '../market/bar-source.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { Clock, EpochMs } from '../time/clock.ts';
import { addMinutes, type EpochMinute } from '../time/minute.ts';
import type { Asker, Tally } from './asker.ts';
import type { IngestSink, PassEvent } from './events.ts';
import { isolate } from './isolate.ts';
import type { Roster, SymbolState } from './roster.ts';

export interface PassOptions {
  readonly asker: Asker;
  readonly roster: Roster;
  readonly sink: IngestSink;
  readonly clock: Clock;
  readonly inFlight: Semaphore;
}

export interface PassRequest {
  readonly pass: PassEvent['pass'];
  readonly minute: EpochMinute;
  readonly batches: readonly (readonly MarketSymbol[])[];
  readonly lane: Lane;
  readonly deadline?: EpochMs;
  readonly signal: AbortSignal;
}

/** Failures alone, while others succeed, after which a symbol is held to be the cause. */
const failuresToQuarantine = 8;

/**
 * Ask for some batches, as many at a time as may be in flight. A batch that fails is noted as a gap and stalls
 * no other. Rejects only with what ends the run: refused keys, a plan without the feed, an abort.
 */
export async function runPass(options: PassOptions, request: PassRequest): Promise<PassEvent> {
  const { clock, inFlight, roster, sink } = options;
  const startedAt = clock.now();
  const tally: Tally = { bars: 0, revisions: 0 };
  const failed: SymbolState[][] = [];
  let slowestBatchMs = 0;
  const states = request.batches.map((batch) => statesOf(roster, batch));
  for (const batch of states) for (const state of batch) state.busy = true;
  await Promise.all(
    states.map((batch) =>
      inFlight.run(async () => {
        const batchStart = clock.now();
        try {
          if (!(await askBatch(options, request, batch, tally))) failed.push(batch);
        } finally {
          // Each batch frees its own symbols, once: later another pass may have taken them.
          for (const state of batch) state.busy = false;
          slowestBatchMs = Math.max(slowestBatchMs, clock.now() - batchStart);
        }
      }),
    ),
  );
  // A whole universe in one batch has no others to compare with: halving it makes some.
  if (failed.length < states.length || (states.length === 1 && (states[0]?.length ?? 0) > 1))
    blame(options, failed);
  const asked = states.flat();
  const event: PassEvent = {
    type: 'pass',
    minute: request.minute,
    pass: request.pass,
    symbols: asked.length,
    batches: states.length,
    failedBatches: failed.length,
    bars: tally.bars,
    revisions: tally.revisions,
    missing: asked.filter((state) => state.lastBar < request.minute).length,
    startedAt,
    finishedAt: clock.now(),
    slowestBatchMs,
  };
  sink.notice(event);
  return event;
}

function statesOf(roster: Roster, batch: readonly MarketSymbol[]): SymbolState[] {
  return batch.map((symbol) => roster.get(symbol)).filter((state) => state !== undefined);
}

/** True when the batch was answered; false when it failed in a way that a later poll makes good. */
async function askBatch(
  options: PassOptions,
  request: PassRequest,
  batch: readonly SymbolState[],
  tally: Tally,
): Promise<boolean> {
  const { asker, roster, sink, clock } = options;
  request.signal.throwIfAborted();
  const symbols = batch.map((state) => state.symbol);
  const refused = new Set<MarketSymbol>();
  try {
    await isolate(symbols, {
      // Nearly always it is the whole batch.
      ask: (some) => asker.ask(some === symbols ? batch : statesOf(roster, some), request, tally),
      refuse: (symbol, reason, named) => {
        refused.add(symbol);
        const state = roster.get(symbol);
        if (!state) return;
        const { since, until } = roster.quarantine(state, reason, named, clock.now());
        sink.notice({ type: 'quarantine', symbol, reason, since, until });
      },
    });
    release(options, batch, refused);
    return true;
  } catch (error) {
    if (!isFleeceError(error) || !error.retryable) throw error;
    noteGap(options, batch, messageOf(error));
    return false;
  }
}

/** A quarantined symbol that was asked for and not refused is well again. */
function release(
  { sink }: PassOptions,
  batch: readonly SymbolState[],
  refused: ReadonlySet<MarketSymbol>,
): void {
  for (const state of batch) {
    if (!state.quarantine || refused.has(state.symbol)) continue;
    state.quarantine = undefined;
    sink.notice({ type: 'release', symbol: state.symbol });
  }
}

function noteGap({ asker, sink }: PassOptions, batch: readonly SymbolState[], reason: string): void {
  const to = asker.lastMinute();
  const open = batch.filter(
    (state) => !state.removed && state.gapFrom === undefined && state.askedThrough < to,
  );
  if (open.length === 0) return;
  for (const state of open) state.gapFrom = addMinutes(state.askedThrough, 1);
  const from = Math.min(...open.map((state) => state.gapFrom ?? to)) as EpochMinute;
  sink.notice({ type: 'gap', state: 'open', symbols: open.map((state) => state.symbol), from, to, reason });
}

/** Others succeeded, so the fault may lie with these symbols: smaller batches next time, at last quarantine. */
function blame({ roster, sink, clock }: PassOptions, failed: readonly SymbolState[][]): void {
  for (const batch of failed) {
    for (const state of batch) state.failures += 1;
    const [only] = batch;
    if (batch.length !== 1 || !only || only.failures < failuresToQuarantine) continue;
    const reason = `requests for it alone fail, ${only.failures} times in a row`;
    const { since, until } = roster.quarantine(only, reason, false, clock.now());
    sink.notice({ type: 'quarantine', symbol: only.symbol, reason, since, until });
  }
}
