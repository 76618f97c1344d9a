import { type EpochDay, type IsoDate, parseIsoDate, type TradingDay, toIsoDate } from './calendar-date.ts';
import { tradingDayByRules } from './calendar-rules.ts';
import type { EpochMs } from './clock.ts';
import { addMinutes, type EpochMinute, minuteOf, startOf } from './minute.ts';
import { fromNewYork, toNewYork } from './new-york.ts';

/**
 * Which minutes count: `regular` 09:30 to 16:00 in New York, `extended` 04:00 to 20:00, both shorter on days
 * that close early; `all` every minute of every day, cut into days at midnight in New York (for crypto).
 */
export type SessionKind = 'regular' | 'extended' | 'all';

export const sessionKinds: readonly SessionKind[] = ['regular', 'extended', 'all'];

/** A stretch of one date in which bars can come into being: from `open` until just before `close`. */
export interface Session {
  readonly date: IsoDate;
  readonly open: EpochMinute;
  /** The first minute after the session. */
  readonly close: EpochMinute;
}

/** Minutes of one session that follow each other. Both ends are inclusive. */
export interface MinuteRun {
  readonly date: IsoDate;
  readonly from: EpochMinute;
  readonly to: EpochMinute;
}

/** A longer stretch without a recorded row is no holiday: the answer has a hole there. */
const longestClosure = 7;

/** Far beyond any closure; a search that gets there would never end. */
const longestSearch = 40;

/**
 * The market's hours. Recorded trading days win over the rules, from the first to the last of them; the rules
 * answer outside, and inside holes of more than a week.
 */
export class MarketCalendar {
  readonly #recorded: ReadonlyMap<EpochDay, TradingDay>;
  /** The recorded days in order. */
  readonly #order: readonly EpochDay[];
  readonly #days = new Map<EpochDay, TradingDay | undefined>();
  readonly #sessions: Record<SessionKind, Map<EpochDay, Session | undefined>> = {
    regular: new Map(),
    extended: new Map(),
    all: new Map(),
  };

  /** @param recorded What `parseCalendar` read; without any, the rules alone decide. */
  constructor(recorded: readonly TradingDay[] = []) {
    this.#recorded = new Map(recorded.map((day) => [toNewYork(day.open).day, day]));
    this.#order = [...this.#recorded.keys()].sort((a, b) => a - b);
  }

  /** The trading day of a date (`2026-01-14`), or undefined when the exchange is closed, or it is no date. */
  tradingDay(date: IsoDate): TradingDay | undefined {
    const day = parseIsoDate(date);
    return day === undefined ? undefined : this.#tradingDay(day);
  }

  /** The trading days between two dates, both inclusive, in order. */
  tradingDays(from: IsoDate, to: IsoDate): TradingDay[] {
    const first = parseIsoDate(from);
    const last = parseIsoDate(to);
    const found: TradingDay[] = [];
    if (first === undefined || last === undefined) return found;
    for (let day = first; day <= last; day++) {
      const tradingDay = this.#tradingDay(day);
      if (tradingDay) found.push(tradingDay);
    }
    return found;
  }

  /** The session of a date, or undefined when it has none. */
  session(date: IsoDate, kind: SessionKind): Session | undefined {
    const day = parseIsoDate(date);
    return day === undefined ? undefined : this.#session(day, kind);
  }

  /** The session that `instant` lies in, or undefined outside the hours. */
  sessionOf(instant: EpochMs, kind: SessionKind): Session | undefined {
    return this.#sessionAt(minuteOf(instant), kind);
  }

  /** True when a bar of `minute` can come into being. */
  isOpen(minute: EpochMinute, kind: SessionKind): boolean {
    return this.#sessionAt(minute, kind) !== undefined;
  }

  /** The next instant after `instant` at which a session opens, also while one is open. */
  nextOpen(instant: EpochMs, kind: SessionKind): EpochMs {
    return startOf(this.#find(minuteOf(instant), kind, 1, (s) => startOf(s.open) > instant).open);
  }

  /** The next instant after `instant` at which a session closes: the current one's close while one is open. */
  nextClose(instant: EpochMs, kind: SessionKind): EpochMs {
    return startOf(this.#find(minuteOf(instant), kind, 1, (s) => startOf(s.close) > instant).close);
  }

  /** The first minute of a session after `minute`: nothing lies between the two. */
  nextMinute(minute: EpochMinute, kind: SessionKind): EpochMinute {
    const next = addMinutes(minute, 1);
    const session = this.#find(next, kind, 1, (s) => s.close > next);
    return next > session.open ? next : session.open;
  }

  /** The last minute of a session before `minute`. */
  previousMinute(minute: EpochMinute, kind: SessionKind): EpochMinute {
    const session = this.#find(minute, kind, -1, (s) => s.open < minute);
    return addMinutes(minute < session.close ? minute : session.close, -1);
  }

  /** How many minutes of sessions lie from `from` to `to`, both inclusive. */
  minutesBetween(from: EpochMinute, to: EpochMinute, kind: SessionKind): number {
    let count = 0;
    for (const run of this.runs(from, to, kind)) count += run.to - run.from + 1;
    return count;
  }

  /** The minutes of sessions from `from` to `to`, both inclusive: one run a session, in order of time. */
  *runs(from: EpochMinute, to: EpochMinute, kind: SessionKind): Generator<MinuteRun> {
    if (from > to) return;
    const last = toNewYork(to).day;
    for (let { day } = toNewYork(from); day <= last; day++) {
      const session = this.#session(day, kind);
      if (!session || session.open > to || session.close <= from) continue;
      const end = addMinutes(session.close, -1);
      yield { date: session.date, from: from > session.open ? from : session.open, to: to < end ? to : end };
    }
  }

  #sessionAt(minute: EpochMinute, kind: SessionKind): Session | undefined {
    const session = this.#session(toNewYork(minute).day, kind);
    return session && minute >= session.open && minute < session.close ? session : undefined;
  }

  /** The first session that fits, going by days from the one of `minute`. */
  #find(minute: EpochMinute, kind: SessionKind, step: 1 | -1, fits: (session: Session) => boolean): Session {
    const start = toNewYork(minute).day;
    for (let distance = 0; distance <= longestSearch; distance++) {
      const session = this.#session(start + step * distance, kind);
      if (session && fits(session)) return session;
    }
    throw new RangeError(`no ${kind} session within ${longestSearch} days of ${toIsoDate(start)}`);
  }

  #session(day: EpochDay, kind: SessionKind): Session | undefined {
    const sessions = this.#sessions[kind];
    const known = sessions.get(day);
    if (known || sessions.has(day)) return known;
    const session = this.#makeSession(day, kind);
    sessions.set(day, session);
    return session;
  }

  #makeSession(day: EpochDay, kind: SessionKind): Session | undefined {
    if (kind === 'all') {
      return { date: toIsoDate(day), open: fromNewYork(day, 0), close: fromNewYork(day + 1, 0) };
    }
    const tradingDay = this.#tradingDay(day);
    if (!tradingDay) return undefined;
    const { date, open, close, sessionOpen, sessionClose } = tradingDay;
    return kind === 'regular' ? { date, open, close } : { date, open: sessionOpen, close: sessionClose };
  }

  #tradingDay(day: EpochDay): TradingDay | undefined {
    const known = this.#days.get(day);
    if (known || this.#days.has(day)) return known;
    const found = this.#recorded.get(day) ?? (this.#closedByRecord(day) ? undefined : tradingDayByRules(day));
    this.#days.set(day, found);
    return found;
  }

  /** True when `day` lies between two recorded days that stand close enough to vouch for it. */
  #closedByRecord(day: EpochDay): boolean {
    const next = this.#order.findIndex((each) => each > day);
    const after = this.#order[next];
    const before = this.#order[next - 1];
    return before !== undefined && after !== undefined && after - before <= longestClosure;
  }
}
