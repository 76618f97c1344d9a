import type { GapAnswer, QuarantineAnswer } from '../../gateway/dashboard/contract.ts';
import { owedMinutes } from '../../ingest/owed.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import { addMinutes, type EpochMinute, lastClosed, minuteOf } from '../../time/minute.ts';
import { activeSymbols } from './fill-chores.ts';
import type { Service } from './service.ts';

/** Symbols of one gap that are named; more are only counted. */
const mostNamed = 2_000;

export function quarantineOf({ engine }: Service): QuarantineAnswer[] {
  return engine.poller.roster
    .quarantined()
    .map(({ symbol, quarantine }) => ({
      symbol,
      reason: quarantine?.reason ?? '',
      since: quarantine?.since ?? 0,
      nextLook: quarantine?.until ?? 0,
    }))
    .sort((a, b) => a.nextLook - b.nextLook || (a.symbol < b.symbol ? -1 : 1));
}

/** What could not be asked for, symbols with the same story together; and what was missed before. */
export function gapsOf(service: Service): GapAnswer[] {
  return [...liveGaps(service), ...owed(service)];
}

function liveGaps({ status, clock }: Service): GapAnswer[] {
  const to = lastClosed(clock.now());
  const alike = new Map<string, { symbols: MarketSymbol[]; from: EpochMinute; reason: string }>();
  for (const [symbol, { from, reason }] of status.gaps) {
    const key = `${from} ${reason}`;
    const gap = alike.get(key);
    if (gap) gap.symbols.push(symbol);
    else alike.set(key, { symbols: [symbol], from, reason });
  }
  const next = 'each poll asks for all of it again, until it is answered';
  return [...alike.values()].map(({ symbols, from, reason }) => toGap(symbols, from, to, reason, next));
}

function owed(service: Service): GapAnswer[] {
  const { store, settings, engine, clock } = service;
  const { roster } = engine.poller;
  const wants = owedMinutes(activeSymbols(engine.poller), {
    account: store.memory.account,
    watchedSince: store.memory.watchedSince,
    feed: settings.feed,
    since: settings.since === undefined ? undefined : minuteOf(settings.since),
    liveFrom: (symbol) => roster.get(symbol)?.openFrom ?? (0 as EpochMinute),
  });
  const now = minuteOf(clock.now());
  return wants
    .filter(({ from }) => from < now)
    .map(({ symbols, from, to }) =>
      toGap(
        symbols,
        from,
        Math.min(addMinutes(to, -1), addMinutes(now, -1)),
        'nothing was asked then: Fleece did not run, or could not reach the service',
        'filled in the backfill lane, oldest first, within a minute or as the budget allows',
      ),
    );
}

function toGap(
  symbols: readonly MarketSymbol[],
  from: number,
  to: number,
  reason: string,
  next: string,
): GapAnswer {
  const named = symbols.slice(0, mostNamed);
  return { symbols: named, count: symbols.length, from, to: Math.max(from, to), reason, next };
}
