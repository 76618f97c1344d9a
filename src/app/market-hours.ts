import { fetchCalendar } from '../alpaca/calendar.ts';
import type { AlpacaHost } from '../alpaca/request.ts';
import type { RetryPolicy } from '../alpaca/retry.ts';
import { messageOf } from '../errors.ts';
import { isCryptoPair, type MarketSymbol } from '../market/symbol.ts';
import type { StoredDay } from '../store/bar-store.ts';
import type { Log } from '../telemetry/log.ts';
import type { TradingDay } from '../time/calendar-date.ts';
import { parseCalendar } from '../time/calendar-rows.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';
import { newYorkDate } from '../time/new-york.ts';
import { MarketCalendar, type SessionKind } from '../time/session.ts';

const msPerDay = 24 * 60 * 60_000;

/** How far back and ahead the service is asked for trading days. */
const daysBack = 30;
const daysAhead = 180;

/**
 * The hours in which each symbol is polled: stocks in sessions of one kind, crypto pairs always. The calendar
 * is the service's, kept in the store; until it is there, or where it ends, the rules decide.
 */
export class MarketHours {
  readonly kind: SessionKind;
  #calendar: MarketCalendar;

  constructor(kind: SessionKind, recorded: readonly TradingDay[]) {
    this.kind = kind;
    this.#calendar = new MarketCalendar(recorded);
  }

  get calendar(): MarketCalendar {
    return this.#calendar;
  }

  isOpen(minute: EpochMinute, symbol: MarketSymbol): boolean {
    return this.#calendar.isOpen(minute, kindOf(symbol, this.kind));
  }

  /**
   * Which minutes are open to any of the symbols. What the answer costs does not depend on how many they are.
   */
  openTo(symbols: Iterable<MarketSymbol>): (minute: EpochMinute) => boolean {
    const kinds = new Set<SessionKind>();
    for (const symbol of symbols) kinds.add(kindOf(symbol, this.kind));
    return (minute) => [...kinds].some((kind) => this.#calendar.isOpen(minute, kind));
  }

  /** The first minute at or after `minute` in which the symbol's market is open. */
  nextOpenMinute(minute: EpochMinute, symbol: MarketSymbol): EpochMinute {
    const kind = kindOf(symbol, this.kind);
    return this.#calendar.isOpen(minute, kind) ? minute : this.#calendar.nextMinute(minute, kind);
  }

  /** Open minutes of stocks (or of pairs) from `from` to `to`, both inclusive. */
  openMinutes(from: EpochMinute, to: EpochMinute, symbol: MarketSymbol): number {
    return this.#calendar.minutesBetween(from, to, kindOf(symbol, this.kind));
  }

  /** Ask the service for its trading days. Returns them, or nothing when it has none to give. */
  async refresh(
    host: AlpacaHost,
    retry: RetryPolicy,
    context: { readonly now: EpochMs; readonly log: Log; readonly signal: AbortSignal },
  ): Promise<readonly StoredDay[]> {
    const start = newYorkDate(context.now - daysBack * msPerDay);
    const end = newYorkDate(context.now + daysAhead * msPerDay);
    try {
      const days = parseCalendar(await fetchCalendar(host, retry, { start, end }, context.signal));
      if (days.length === 0) return [];
      this.#calendar = new MarketCalendar(days);
      context.log.debug('calendar of the service', { days: days.length });
      return days;
    } catch (error) {
      if (context.signal.aborted) throw error;
      context.log.warn(`no calendar from the service, the built-in rules decide: ${messageOf(error)}`);
      return [];
    }
  }
}

function kindOf(symbol: MarketSymbol, stocks: SessionKind): SessionKind {
  return isCryptoPair(symbol) ? 'all' : stocks;
}
