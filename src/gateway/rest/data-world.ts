import type { StockFeed } from '../../market/feed.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { Clock } from '../../time/clock.ts';
import type { MissingBars } from '../missing-bars.ts';
import type { BarHistory, MarketClock, Missing, Universe } from '../ports.ts';
import { refuse } from './refusal.ts';

/** What the data endpoints stand on. */
export interface DataWorld {
  readonly clock: Clock;
  readonly wallClock: Clock;
  readonly feed: StockFeed;
  readonly history: BarHistory;
  readonly universe: Universe;
  readonly market: MarketClock;
  /** Absent: answers come from what is kept, however little. */
  readonly missing: MissingBars | undefined;
  /** How long an answer waits for what is missing, in milliseconds of real time. */
  readonly missingWaitMs: number;
}

/** One question to a data endpoint. */
export interface Ask {
  readonly world: DataWorld;
  readonly query: URLSearchParams;
  /** Names in the path, in order. */
  readonly names: readonly string[];
}

/**
 * Have what the store lacks fetched before it is read.
 *
 * @throws FleeceError with status 504 when that takes too long; the fetch goes on, so asking again helps.
 */
export async function ensure({ world }: Ask, wanted: Missing): Promise<void> {
  if (!world.missing || wanted.end < wanted.start) return;
  const stop = new AbortController();
  const late = world.wallClock.sleep(world.missingWaitMs, stop.signal).then(
    () => 'late' as const,
    () => 'stopped' as const,
  );
  try {
    const first = await Promise.race([world.missing.ensure(wanted), late]);
    if (first === 'late')
      throw refuse(504, 'what is missing is still being fetched within the rate limit: ask again');
  } finally {
    stop.abort();
  }
}

/** True for a symbol that is polled. */
export function isPolled({ world }: Ask): (symbol: MarketSymbol) => boolean {
  return (symbol) => world.universe.has(symbol);
}
