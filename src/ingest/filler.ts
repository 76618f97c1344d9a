import { isFleeceError, messageOf } from '../errors.ts';
import { type Bar, toBar } from '../market/bar.ts';
import type { BarPage, BarSource, Lane } from '../market/bar-source.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { Log } from '../telemetry/log.ts';
import { addMinutes, toIsoMinute } from '../time/minute.ts';
import type { Question } from './cut.ts';
import { isolate } from './isolate.ts';
import type { Recorder } from './recorder.ts';

export interface FillerOptions {
  readonly source: BarSource;
  readonly recorder: Pick<Recorder, 'bars' | 'note'>;
  readonly log: Log;
}

export interface FillRequest {
  readonly lane: Lane;
  readonly signal: AbortSignal;
  /** Told after each page: bars of it, and whether its question is done. */
  readonly onPage?: (bars: readonly Bar[]) => void;
  readonly onQuestion?: (question: Question) => void;
}

/** What came of a fill. */
export interface FillResult {
  readonly questions: number;
  readonly failed: number;
  readonly bars: number;
  readonly refused: ReadonlyMap<MarketSymbol, string>;
}

/**
 * Fetches closed, settled minutes into the store: downtime, explicit backfills, healing. A question's minutes
 * are entered in the account only when its last page is entered, so an interrupted one is asked again.
 */
export async function fill(
  options: FillerOptions,
  questions: readonly Question[],
  request: FillRequest,
): Promise<FillResult> {
  const refused = new Map<MarketSymbol, string>();
  let bars = 0;
  let failed = 0;
  for (const question of questions) {
    request.signal.throwIfAborted();
    try {
      await isolate(
        question.symbols.filter((symbol) => !refused.has(symbol)),
        {
          ask: async (symbols) => {
            bars += await askWhole(options, { ...question, symbols }, request);
          },
          refuse: (symbol, reason) => refused.set(symbol, reason),
        },
      );
      request.onQuestion?.(question);
    } catch (error) {
      if (!isFleeceError(error) || !error.retryable) throw error;
      failed += 1;
      options.log.warn(`could not fill, will be asked again: ${messageOf(error)}`, {
        symbols: question.symbols.length,
        from: toIsoMinute(question.start),
        to: toIsoMinute(question.end),
      });
    }
  }
  return { questions: questions.length, failed, bars, refused };
}

async function askWhole(options: FillerOptions, question: Question, request: FillRequest): Promise<number> {
  const { source, recorder } = options;
  let count = 0;
  for await (const page of source.pages(question, { lane: request.lane, signal: request.signal })) {
    const bars = barsOf(page, question);
    count += bars.length;
    if (bars.length > 0) await recorder.bars(bars);
    request.onPage?.(bars);
  }
  const { feed, symbols, start, end } = question;
  recorder.note({ advances: [{ feed, symbols, from: start, to: addMinutes(end, 1) }] });
  return count;
}

function barsOf(page: BarPage, { feed, start, end }: { feed: Feed; start: number; end: number }): Bar[] {
  const bars: Bar[] = [];
  const common = { feed, receivedAt: page.receivedAt, version: 1 };
  for (const [symbol, rows] of page.rows) {
    for (const row of rows) {
      if (row.minute < start || row.minute > end) continue;
      bars.push(toBar(symbol, row, common));
    }
  }
  return bars;
}
