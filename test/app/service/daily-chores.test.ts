import { describe, expect, it } from 'vitest';
import { hoursChore } from '../../../src/app/service/daily-chores.ts';
import { MarketHours } from '../../../src/app/market-hours.ts';
import { createEngine } from '../../../src/app/engine.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { SteppedClock } from '../../../src/time/stepped-clock.ts';
import { hostThat } from './host.ts';

/** Requests that the lower lanes get at once, of 100 a minute, at an instant. */
async function leftAt(instant: string, names: readonly string[]): Promise<number> {
  const clock = new SteppedClock(Date.parse(instant));
  const host = hostThat(clock, () => Promise.reject(new Error('nothing is asked')));
  const engine = createEngine({
    mode: 'batch',
    batchSize: 1,
    rpm: 100,
    host,
    symbols: names as readonly MarketSymbol[],
    feed: 'iex',
    lookback: 5,
    settleMs: 1_500,
    settleMinutes: 2,
    sink: { bars: () => true, notice: () => undefined },
    log: silentLog,
  });
  const hours = new MarketHours('extended', []);
  const { poller } = engine;
  const chore = hoursChore({ hours, poller, engine, host, lookback: 5, clock, log: silentLog });
  await chore.run(new AbortController().signal);
  let granted = 0;
  for (let count = 0; count < 100; count++) void host.budget.take('backfill').then(() => (granted += 1));
  await Promise.resolve().then(() => undefined);
  await host.transport.close();
  return granted;
}

describe('the requests that live polling keeps for itself', () => {
  const stocks = Array.from({ length: 20 }, (_, at) => `S${String.fromCharCode(65 + at)}`);

  // 20:00 in New York is 01:00 in UTC, in winter.
  it.each([
    ['in the session', '2026-01-14T15:00:20Z', 60],
    ['while the last minute is within its lookback', '2026-01-15T01:05:20Z', 60],
    ['in the night', '2026-01-15T01:06:20Z', 100],
    ['before the first poll after the opening', '2026-01-15T08:58:20Z', 60],
  ])('of stocks: %s', async (_, instant, left) => {
    expect(await leftAt(instant, stocks)).toBe(left);
  });

  it('of crypto pairs: in the night as in the day', async () => {
    expect(await leftAt('2026-01-15T05:00:20Z', ['BTC/USD', 'ETH/USD', ...stocks])).toBe(96);
  });
});
