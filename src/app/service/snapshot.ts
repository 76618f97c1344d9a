import type { StatusSnapshot } from '../../gateway/ports.ts';
import { addMinutes, type EpochMinute, lastClosed, minuteOf } from '../../time/minute.ts';
import type { EpochMs } from '../../time/clock.ts';
import type { MarketHours } from '../market-hours.ts';
import type { Service } from './service.ts';

/** A minute ought to be sealed this long after its lookback, in minutes: one poll, and a second chance. */
const sealGrace = 2;

/** What the service tells of itself at this moment. */
export function snapshotOf(service: Service, startedAt: EpochMs): StatusSnapshot {
  const { clock, settings, engine, host, hours, recorder, status, counts, watch, sealer } = service;
  const now = clock.now();
  const pass = status.lastFirstPass;
  const { commits, totalMs, lastMs, failing } = recorder.statistics;
  const closed = lastClosed(now);
  let openGapMinutes = 0;
  for (const gap of status.gaps.values()) openGapMinutes += Math.max(0, closed - gap.from + 1);
  return {
    startedAt,
    feed: settings.feed,
    mode: engine.plan.mode,
    symbols: engine.poller.roster.size,
    quarantined: engine.poller.roster.quarantined().length,
    openGapMinutes,
    lastSealed: sealer.lastSealed,
    sealDue: sealDue(hours, closed, settings.lookback),
    breaker: host.breaker.state,
    budget: host.budget.usage(),
    requests: counts.all(),
    lastPass: pass && { minute: pass.minute, durationMs: pass.finishedAt - pass.startedAt, bars: pass.bars },
    lateness: status.lateness(),
    clockOffsetMs: watch.offsetMs,
    market: marketOf(hours, now),
    store: { commits, totalMs, lastMs, failing },
  };
}

/** The last minute of the session that is past its lookback; undefined while the market is closed. */
function sealDue(hours: MarketHours, closed: EpochMinute, lookback: number): EpochMinute | undefined {
  if (!hours.calendar.isOpen(closed, hours.kind)) return undefined;
  const due = addMinutes(closed, -lookback - sealGrace);
  return hours.calendar.isOpen(due, hours.kind) ? due : undefined;
}

function marketOf(hours: MarketHours, now: EpochMs): StatusSnapshot['market'] {
  const { calendar } = hours;
  if (hours.kind === 'all') return { session: 'always', nextChange: undefined };
  const minute = minuteOf(now);
  if (calendar.isOpen(minute, 'regular'))
    return { session: 'regular', nextChange: calendar.nextClose(now, 'regular') };
  if (!calendar.isOpen(minute, 'extended'))
    return { session: 'closed', nextChange: calendar.nextOpen(now, hours.kind) };
  const isBefore = calendar.nextOpen(now, 'regular') < calendar.nextClose(now, 'extended');
  return isBefore
    ? { session: 'pre', nextChange: calendar.nextOpen(now, 'regular') }
    : { session: 'post', nextChange: calendar.nextClose(now, 'extended') };
}
