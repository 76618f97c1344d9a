import { type MarketSymbol, isCryptoPair } from '../../market/symbol.ts';
import { addMinutes, type EpochMinute, minuteOf, startOf } from '../../time/minute.ts';
import { newYorkDate } from '../../time/new-york.ts';
import type { MarketCalendar, SessionKind } from '../../time/session.ts';

/** The minutes of one date that the map shows, [from, to); none when the market is closed on it. */
export interface MapSession {
  readonly date: string;
  readonly from: EpochMinute;
  readonly to: EpochMinute;
  readonly regular: { readonly from: EpochMinute; readonly to: EpochMinute } | null;
  readonly previousDate: string | null;
  readonly nextDate: string | null;
}

/** The kind of session in which some of the symbols trade: crypto pairs alone trade around the clock. */
export function kindFor(symbols: readonly MarketSymbol[], stocks: SessionKind): SessionKind {
  return symbols.length > 0 && symbols.every(isCryptoPair) ? 'all' : stocks;
}

/** The session of a date; of the one that is under way, or was last, when none is given. */
export function mapSession(
  calendar: MarketCalendar,
  kind: SessionKind,
  now: number,
  wanted: string | undefined,
): MapSession {
  const present = minuteOf(now);
  const last = calendar.isOpen(present, kind) ? present : calendar.previousMinute(present, kind);
  const date = wanted ?? newYorkDate(startOf(last));
  const session = calendar.session(date, kind);
  // 17:00 UTC is about noon in New York, whatever the season.
  const noon = minuteOf(Date.parse(`${date}T17:00:00Z`));
  const from = session?.open ?? noon;
  const to = session?.close ?? noon;
  const before = calendar.previousMinute(from, kind);
  const after = calendar.nextMinute(session ? addMinutes(to, -1) : noon, kind);
  const regular = kind === 'regular' ? undefined : calendar.session(date, 'regular');
  return {
    date,
    from,
    to,
    regular: session && regular ? { from: regular.open, to: regular.close } : null,
    previousDate: newYorkDate(startOf(before)),
    nextDate: after <= present ? newYorkDate(startOf(after)) : null,
  };
}
