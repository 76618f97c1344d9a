import type { AlpacaHost } from '../../alpaca/request.ts';
import type { RetryPolicy } from '../../alpaca/retry.ts';
import type { Poller } from '../../ingest/poller.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Recorder } from '../../ingest/recorder.ts';
import type { UniverseChange } from '../../store/bar-store.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Clock } from '../../time/clock.ts';
import { addMinutes, minuteOf } from '../../time/minute.ts';
import { describeNewYork, newYorkDate, toNewYork } from '../../time/new-york.ts';
import { diff, type SymbolSet } from '../../universe/symbol-set.ts';
import type { Engine } from '../engine.ts';
import type { MarketHours } from '../market-hours.ts';
import { type SelectionContext, selectSymbols } from '../selection.ts';
import { isCryptoPair } from '../../market/symbol.ts';
import type { Chore } from './housekeeping.ts';

/** Minutes before the opening from which on the first polls have their requests kept for them. */
const readyBefore = 2;

/** Before the extended session opens at 04:00 in New York. */
const refreshMinuteOfDay = 3 * 60 + 30;

/** Say when the market closes and opens, and give what live polling leaves of the budget to the other lanes. */
export function hoursChore(options: {
  readonly hours: MarketHours;
  readonly poller: Poller;
  readonly engine: Engine;
  readonly host: AlpacaHost;
  /** Minutes for which polling goes on after a close. */
  readonly lookback: number;
  readonly clock: Clock;
  readonly log: Log;
}): Chore {
  const { hours, poller, engine, host, lookback, clock, log } = options;
  let wasOpen: boolean | undefined;
  return {
    name: 'market hours',
    run: () => {
      const now = clock.now();
      const isOpen = hours.calendar.isOpen(minuteOf(now), hours.kind);
      const pairs = [...poller.roster.all()].filter((state) => isCryptoPair(state.symbol)).length;
      const what = pairs > 0 ? 'only crypto pairs are' : 'nothing is';
      // Lower lanes make room before the opening, and until the last minute is past its lookback.
      const around = [-lookback - 1, 0, readyBefore];
      const isPolled = around.some((by) => hours.calendar.isOpen(addMinutes(minuteOf(now), by), hours.kind));
      host.budget.setReserve(reserveOf(engine.plan, isPolled ? 'all' : pairs));
      if (isOpen !== wasOpen && pairs < poller.roster.size) {
        const change = isOpen
          ? hours.calendar.nextClose(now, hours.kind)
          : hours.calendar.nextOpen(now, hours.kind);
        const text = describeNewYork(change);
        log.info(
          isOpen
            ? `the market is open until ${text}`
            : `the stock market is closed, ${what} polled until ${text}`,
        );
      }
      wasOpen = isOpen;
      return Promise.resolve();
    },
  };
}

/** Requests a minute that the passes over all symbols may need, or those over so many of them. */
function reserveOf(
  { batchSize, requestsPerMinute, secondPassRequests }: Plan,
  symbols: number | 'all',
): number {
  const all = requestsPerMinute + secondPassRequests;
  return symbols === 'all' ? all : Math.min(all, 2 * Math.ceil(symbols / batchSize));
}

/** Once a day: the service's calendar, kept in the store. */
export function calendarChore(options: {
  readonly hours: MarketHours;
  readonly host: AlpacaHost;
  readonly retry: RetryPolicy;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly log: Log;
}): Chore {
  const { hours, host, retry, recorder, clock, log } = options;
  return onceADay('calendar', clock, async (signal) => {
    const calendar = await hours.refresh(host, retry, { now: clock.now(), log, signal });
    if (calendar.length > 0) recorder.note({ calendar });
  });
}

/**
 * The share of the universe that may be delisted in a day. An answer without more of it is a part of the list, and no
 * reason to stop polling the rest.
 */
const mostGone = 0.2;

/** Once a day: what was listed and delisted. New symbols are polled from then on, gone ones no longer. */
export function universeChore(options: {
  readonly selection: SelectionContext;
  readonly engine: Engine;
  readonly recorder: Pick<Recorder, 'note'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly initial: SymbolSet;
  readonly onChange: (universe: SymbolSet) => void;
}): Chore {
  const { selection, engine, recorder, clock, log, onChange } = options;
  let known = options.initial;
  let isFirst = true;
  return onceADay('universe', clock, async (signal) => {
    if (isFirst) {
      isFirst = false;
      return;
    }
    const next = await selectSymbols({ ...selection, signal });
    const { added, removed } = diff(known, next);
    if (selection.settings.universe === 'assets' && removed.length > known.size * mostGone) {
      const counts = { symbols: known.size, listed: next.size, gone: removed.length };
      log.warn(
        'the service lists far fewer symbols than before, so the universe stays as it is today',
        counts,
      );
      return;
    }
    known = next;
    onChange(next);
    if (added.length + removed.length === 0) return;
    engine.poller.add(added);
    engine.poller.remove(removed);
    engine.replan();
    const at = clock.now();
    const universe: UniverseChange[] = [
      ...added.map((symbol) => ({ at, symbol, change: 'listed' as const, detail: '' })),
      ...removed.map((symbol) => ({ at, symbol, change: 'delisted' as const, detail: '' })),
    ];
    recorder.note({ universe, watch: [{ symbols: added, since: minuteOf(at) }], unwatch: removed });
    log.info('the universe has changed', { listed: added.slice(0, 20), delisted: removed.slice(0, 20) });
  });
}

/** Run at the start, and then once on each day of New York, early in the morning. */
function onceADay(name: string, clock: Clock, run: (signal: AbortSignal) => Promise<void>): Chore {
  let doneOn: string | undefined;
  return {
    name,
    run: async (signal) => {
      const now = clock.now();
      const today = newYorkDate(now);
      if (doneOn === today) return;
      if (doneOn !== undefined && toNewYork(minuteOf(now)).minuteOfDay < refreshMinuteOfDay) return;
      await run(signal);
      doneOn = today;
    },
  };
}
