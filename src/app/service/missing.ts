import type { Backfill, Missing } from '../../gateway/ports.ts';
import { fill, type FillerOptions } from '../../ingest/filler.ts';
import type { Account } from '../../ledger/account.ts';
import type { StockFeed } from '../../market/feed.ts';
import { isCryptoPair } from '../../market/symbol.ts';
import type { Clock } from '../../time/clock.ts';
import { addMinutes, type EpochMinute, lastClosed, openFrom } from '../../time/minute.ts';
import type { Recorder } from '../../ingest/recorder.ts';
import type { MarketHours } from '../market-hours.ts';
import { questionsFor } from './fill-chores.ts';

export interface MissingOptions extends FillerOptions {
  readonly recorder: Recorder;
  readonly account: Account;
  readonly hours: MarketHours;
  readonly feed: StockFeed;
  readonly clock: Clock;
  readonly lookback: number;
  /** False for a symbol whose latest minutes nobody polls. */
  readonly isPolled: (symbol: Missing['symbols'][number]) => boolean;
}

/** What clients ask for and the store lacks, got through the budget and kept. */
export function missingBars(options: MissingOptions): Backfill {
  const { account, hours, feed, clock, lookback, isPolled, recorder } = options;
  /** Past their lookback: what is fetched of these minutes is final. */
  const settledEnd = () => addMinutes(openFrom(clock.now(), lookback), -1);

  return {
    missing: (wanted) => {
      const end = Math.min(wanted.end, lastClosed(clock.now())) as EpochMinute;
      const missing: Missing[] = [];
      for (const [symbols, own] of byMarket(wanted, feed)) {
        for (const gap of account.sharedGaps(symbols, { from: wanted.start, to: addMinutes(end, 1) }, own)) {
          // The latest minutes of a polled symbol come by themselves.
          const unpolled =
            gap.from >= settledEnd() ? gap.symbols.filter((symbol) => !isPolled(symbol)) : gap.symbols;
          if (unpolled.length > 0)
            missing.push({ symbols: unpolled, start: gap.from, end: addMinutes(gap.to, -1) });
        }
      }
      return Promise.resolve(missing);
    },
    fetch: async ({ symbols, start, end }, signal) => {
      const settled = settledEnd();
      const cutAt = Math.min(end, settled) as EpochMinute;
      const old = questionsFor([{ symbols, from: start, to: addMinutes(cutAt, 1) }], feed, { hours });
      await fill(options, old, { lane: 'repair', signal });
      if (end > settled)
        await fetchFresh({ symbols, start: Math.max(start, settled + 1) as EpochMinute, end }, signal);
      await recorder.flushUnlessFailing();
    },
  };

  /** Bars that may still change: they are kept, but nothing vouches for their minutes yet. */
  async function fetchFresh(fresh: Missing, signal: AbortSignal): Promise<void> {
    const questions = questionsFor(
      [{ symbols: fresh.symbols, from: fresh.start, to: addMinutes(fresh.end, 1) }],
      feed,
      { hours },
    );
    await fill(
      { ...options, recorder: { bars: (bars) => recorder.bars(bars), note: () => undefined } },
      questions,
      {
        lane: 'repair',
        signal,
      },
    );
  }
}

function byMarket({ symbols }: Missing, feed: StockFeed): [Missing['symbols'], StockFeed | 'crypto'][] {
  return [
    [symbols.filter((symbol) => !isCryptoPair(symbol)), feed],
    [symbols.filter((symbol) => isCryptoPair(symbol)), 'crypto'],
  ];
}
