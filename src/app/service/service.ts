import { createAlpacaBarSource } from '../../alpaca/bar-pages.ts';
import type { RequestReport } from '../../alpaca/request.ts';
import { LocalBus } from '../../fanout/bus.ts';
import type { IngestSink } from '../../ingest/events.ts';
import { Recorder } from '../../ingest/recorder.ts';
import { Sealer } from '../../ingest/sealer.ts';
import { messageOf } from '../../errors.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import { openDuckDbStore } from '../../store/duckdb-store.ts';
import { addMinutes, minuteOf } from '../../time/minute.ts';
import { OffsetClock } from '../../time/offset-clock.ts';
import { ClockWatch } from '../clock-watch.ts';
import { createEngine } from '../engine.ts';
import { createHost, createRetryPolicy } from '../hosts.ts';
import { MarketHours } from '../market-hours.ts';
import { rememberStdin } from '../../universe/symbols-file.ts';
import { selectSymbols } from '../selection.ts';
import { readFile } from 'node:fs/promises';
import { calendarChore, hoursChore, universeChore } from './daily-chores.ts';
import { activeSymbols, backfillChore, type FillChoreOptions, healChore } from './fill-chores.ts';
import { type Chore, keepHouse } from './housekeeping.ts';
import type { ServiceOptions } from './options.ts';
import { RequestCounts } from './requests.ts';
import { restoreQuarantine, seedLedger, watchUniverse } from './restore.ts';
import { serviceSink } from './sink.ts';
import { ServiceStatus } from './status.ts';

/** Minutes that live polling reaches back after an outage; what is older is filled behind it. */
const longestWindow = 30;

/** The daemon's parts, put together. */
export type Service = Awaited<ReturnType<typeof createService>>;

/**
 * Everything that `fleece serve` does but for the gateway: the data's way from the service through the ledger
 * into the store and onto the bus, and the chores around it.
 *
 * @throws FleeceError `store` when the file can't be used, `usage` when the selection is wrong.
 */
export async function createService(options: ServiceOptions) {
  const { settings, named, credentials, clock: base, log, transport, onEvents } = options;
  const clock = new OffsetClock(base);
  const watch = new ClockWatch(clock, log);
  const counts = new RequestCounts();
  const onRequest = (report: RequestReport) => {
    watch.see(report);
    counts.add(report);
    options.onRequest?.(report);
  };
  const common = {
    credentials,
    clock,
    rateClock: base,
    requestsPerMinute: settings.rpm,
    timeoutMs: settings.timeout * 1000,
    ...(transport && { transport }),
  };
  const host = createHost({ ...common, baseUrl: settings.dataUrl, onRequest });
  const trading = createHost({ ...common, baseUrl: settings.tradingUrl });
  const retry = createRetryPolicy(clock, log);
  const selection = {
    named,
    settings,
    readFile: rememberStdin(readFile),
    log,
    trading: () => ({ host: trading, retry }),
  };
  const universe = await selectSymbols(selection);
  let selected = universe;

  // Commits are small: a second thread would wake up for each and find nothing to do.
  const store = await openDuckDbStore({ path: settings.db, clock, folders: [], threads: 1 });
  const hours = new MarketHours(settings.session, store.memory.calendar);
  const { account } = store.memory;
  account.useCalendar((minute, symbol) => hours.nextOpenMinute(minute, symbol));
  const bus = new LocalBus((error) => log.error(`a listener failed: ${messageOf(error)}`));
  const recorder: Recorder = new Recorder({ store, clock, log, onAdvanced: () => sealer.seal() });
  const status = new ServiceStatus(minuteOf(clock.now()));
  const sink: IngestSink = serviceSink({ recorder, bus, status, clock, log, onEvents });

  // The first window reaches back over the lookback, so that the account of minutes starts at once.
  const from = addMinutes(minuteOf(clock.now()), -settings.lookback - 2);
  await watchUniverse(store, universe, from);
  const engine = createEngine({
    ...settings,
    host,
    symbols: universe.symbols,
    settleMs: settings.settle * 1000,
    sinceMinute: from,
    ledger: await seedLedger(store, universe.symbols, from, clock),
    isOpen: (minute, symbol) => hours.isOpen(minute, symbol),
    longestWindow: Math.max(longestWindow, settings.lookback + 2),
    sink,
    log,
  });
  const { poller } = engine;
  restoreQuarantine(poller.roster, store.memory.quarantine.values());
  const sealer = new Sealer({
    store,
    recorder,
    bus,
    clock,
    log,
    feed: settings.feed,
    from,
    symbols: () => activeSymbols(poller),
    isPolled: (symbol) => {
      const state = poller.roster.get(symbol);
      return state !== undefined && !state.quarantine;
    },
    openTo: (symbols) => hours.openTo(symbols),
  });

  const source = createAlpacaBarSource(host, retry);
  const since = settings.since === undefined ? undefined : minuteOf(settings.since);
  const fills: FillChoreOptions = {
    source,
    recorder,
    log,
    poller,
    account,
    watchedSince: store.memory.watchedSince,
    hours,
    feed: settings.feed,
    clock,
    bus,
    since,
  };
  const healsFrom = settings.heal ?? (settings.feed === 'iex' ? 'sip' : 'none');
  const chores: Chore[] = [
    hoursChore({ hours, poller, engine, host, lookback: settings.lookback, clock, log }),
    calendarChore({ hours, host: trading, retry, recorder, clock, log }),
    backfillChore(fills),
    ...(healsFrom === 'sip' ? [healChore(fills, 'sip')] : []),
    ...(settings.universe === 'assets'
      ? [
          universeChore({
            selection,
            engine,
            recorder,
            clock,
            log,
            initial: universe,
            onChange: (next) => (selected = next),
          }),
        ]
      : []),
  ];

  return {
    settings,
    clock,
    bus,
    store,
    recorder,
    engine,
    hours,
    host,
    source,
    sealer,
    status,
    counts,
    watch,
    /** True for a symbol that is polled whether a client wants it or not. */
    isSelected: (symbol: MarketSymbol): boolean => selected.has(symbol),
    /** Poll and keep house until the signal fires or the wanted minutes are there; everything is kept then. */
    run: async (signal: AbortSignal): Promise<void> => {
      const done = new AbortController();
      const stop = AbortSignal.any([signal, done.signal]);
      // A store that keeps nothing must not keep the run from ending either.
      stop.addEventListener('abort', () => recorder.makeNobodyWait(), { once: true });
      const house = keepHouse(chores, { clock, log, signal: stop }).catch(() => undefined);
      try {
        await engine.run(stop);
      } finally {
        done.abort(new Error('the service is stopping'));
        await house;
        await sealer.idle();
        await recorder.flushUnlessFailing();
      }
    },
    /** Let go of the connections and of the file. */
    close: async (): Promise<void> => {
      await Promise.allSettled([host.transport.close(), trading.transport.close()]);
      try {
        await recorder.close();
      } finally {
        await store.close();
      }
    },
  };
}
