import { describe, expect, it } from 'vitest';
import { backfillChore, type FillChoreOptions, healChore } from '../../../src/app/service/fill-chores.ts';
import { MarketHours } from '../../../src/app/market-hours.ts';
import { LocalBus } from '../../../src/fanout/bus.ts';
import { Poller } from '../../../src/ingest/poller.ts';
import { Recorder } from '../../../src/ingest/recorder.ts';
import { Account } from '../../../src/ledger/account.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import type { BarStore } from '../../../src/store/bar-store.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { addMinutes, minuteOf } from '../../../src/time/minute.ts';
import { SteppedClock } from '../../../src/time/stepped-clock.ts';
import { FakeMarket } from '../../ingest/fake-market.ts';

const now = Date.parse('2026-01-14T18:00:20Z');
const symbol = 'AAPL' as MarketSymbol;

/** Chores with hours to fill and to heal, over a store that keeps nothing from `failsFrom` commits on. */
function setUp({ failsFrom }: { readonly failsFrom: number }) {
  const clock = new SteppedClock(now);
  const source = new FakeMarket(clock);
  const account = new Account();
  let commits = 0;
  const store = {
    commit: async ({ advances = [] }) => {
      commits += 1;
      if (commits > failsFrom) throw new Error('the disk is full');
      for (const advance of advances) account.advance(advance);
      return { added: 0, revised: 0, late: 0, unchanged: 0 };
    },
  } as unknown as BarStore;
  const recorder = new Recorder({ store, clock, log: silentLog });
  const since = addMinutes(minuteOf(now), -60);
  const poller = new Poller(
    {
      source,
      sink: { bars: () => true, notice: () => undefined },
      clock,
      feed: 'iex',
      shape: {
        batchSize: 10,
        concurrency: 1,
        requestsPerMinute: 10,
        secondPassRequests: 1,
        maxListBytes: 100,
      },
      lookback: 5,
      settleMs: 1_500,
      from: addMinutes(minuteOf(now), -7),
      settleMinutes: 2,
    },
    [symbol],
  );
  const options: FillChoreOptions = {
    source,
    recorder,
    log: silentLog,
    poller,
    account,
    watchedSince: new Map([[symbol, since]]),
    hours: new MarketHours('extended', []),
    feed: 'iex',
    clock,
    bus: new LocalBus(),
    since: undefined,
  };
  return { clock, source, recorder, options };
}

describe.each([
  ['backfill', backfillChore],
  ['heal', (options: FillChoreOptions) => healChore(options, 'sip')],
])('%s', (_name, choreOf) => {
  it('asks for a stretch once, and not again once that is kept', async () => {
    const { source, options, recorder } = setUp({ failsFrom: Number.POSITIVE_INFINITY });
    const chore = choreOf(options);
    await chore.run(new AbortController().signal);
    await chore.run(new AbortController().signal);
    await recorder.flush();
    expect(source.asked.length).toBe(1);
  });

  it('asks for nothing, and holds nobody up, while the store keeps nothing', async () => {
    const { clock, source, options, recorder } = setUp({ failsFrom: 0 });
    const chore = choreOf(options);
    recorder.note({ unwatch: ['GONE' as MarketSymbol] });
    await clock.sleep(2_000);
    expect(recorder.statistics.failing).toBe(true);
    await Promise.race([
      chore.run(new AbortController().signal),
      clock.sleep(60_000).then(() => Promise.reject(new Error('held up'))),
    ]);
    expect(source.asked).toEqual([]);
    await recorder.close().catch(() => undefined);
  });
});
