import type { Batch } from '../../fanout/bus.ts';
import type { CoverageHeader } from '../../gateway/dashboard/contract.ts';
import type { CoverageAnswer } from '../../gateway/dashboard/dashboard-data.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import { minuteOf } from '../../time/minute.ts';
import { CoverageDay } from './dashboard-coverage-day.ts';
import { kindFor, mapSession } from './dashboard-session.ts';
import type { Service } from './service.ts';

/** Days that are kept in memory: the present one, and the one that is looked at. 14,000 symbols take 27 MB each. */
const mostDays = 2;

/** Minutes that may change by polling alone. Older ones change with an event, or are found by the next whole look. */
const youngMinutes = 45;

/** A day is worked out as a whole once in so many answers. */
const wholeEvery = 30;

interface Kept {
  readonly day: CoverageDay;
  /** Tells one building of the same day from another. */
  readonly generation: number;
  answers: number;
  /** Columns that an event has touched since the last answer. */
  dirty: { from: number; to: number } | undefined;
  computedThrough: number;
  work: Promise<void> | undefined;
}

/** The maps that the page asks for, kept current by what goes by on the bus. */
export class CoverageKeeper {
  readonly #service: Service;
  readonly #days = new Map<string, Promise<Kept>>();
  readonly #unsubscribe: () => void;
  #generation = 0;

  constructor(service: Service) {
    this.#service = service;
    this.#unsubscribe = service.bus.subscribe((batch) => void this.#take(batch));
  }

  close(): void {
    this.#unsubscribe();
    this.#days.clear();
  }

  async answer(date: string | undefined, since: string | undefined): Promise<CoverageAnswer> {
    const kept = await this.#keptOf(date);
    kept.work ??= this.#refresh(kept).finally(() => {
      kept.work = undefined;
    });
    await kept.work;
    const { day, generation } = kept;
    const cursor = `${day.session.date}/${generation}/${day.revision}`;
    const header = { ...day.session, cursor };
    const seen = revisionIn(since, day.session.date, generation);
    if (seen === undefined)
      return { header: { ...header, symbols: day.symbols, columns: null }, cells: day.cells };
    return changesOf(day, header, seen);
  }

  /** Look at these minutes again: a backfill has filled them. Both ends are inclusive. */
  async reread(from: number, to: number): Promise<void> {
    for (const waiting of this.#days.values()) {
      const kept = await waiting;
      const { session, minutes } = kept.day;
      const first = Math.max(0, from - session.from);
      const end = Math.min(minutes, to + 1 - session.from);
      if (first >= end) continue;
      await kept.day.readMarks(first, end);
      touch(kept, first, end);
    }
  }

  async #keptOf(date: string | undefined): Promise<Kept> {
    const { hours, engine, clock } = this.#service;
    const symbols = engine.poller.roster.symbols();
    const session = mapSession(hours.calendar, kindFor(symbols, hours.kind), clock.now(), date);
    const known = await this.#days.get(session.date);
    if (known && isSame(known.day.symbols, symbols)) return known;
    this.#days.delete(session.date);
    const building = this.#build(new CoverageDay(this.#service, session, symbols));
    this.#days.set(session.date, building);
    building.catch(() => this.#days.delete(session.date));
    for (const oldest of this.#days.keys()) {
      if (this.#days.size <= mostDays) break;
      if (oldest !== session.date) this.#days.delete(oldest);
    }
    return building;
  }

  async #build(day: CoverageDay): Promise<Kept> {
    this.#generation += 1;
    const generation = this.#generation;
    if (day.minutes > 0) {
      await this.#service.recorder.flushUnlessFailing();
      await day.readMarks(0, day.minutes);
    }
    return { day, generation, answers: 0, dirty: undefined, computedThrough: -1, work: undefined };
  }

  async #refresh(kept: Kept): Promise<void> {
    const { day } = kept;
    const present = minuteOf(this.#service.clock.now()) - day.session.from;
    const isWhole = kept.answers % wholeEvery === 0;
    kept.answers += 1;
    const dirty = isWhole ? { from: 0, to: day.minutes } : kept.dirty;
    kept.dirty = undefined;
    const from = Math.max(0, Math.min(kept.computedThrough, present) - youngMinutes);
    const young = { from, to: Math.min(day.minutes, present + 1) };
    kept.computedThrough = present;
    const spans = dirty && overlap(dirty, young) ? [join(dirty, young)] : [dirty, young];
    for (const span of spans) if (span && span.from < span.to) await day.compute(span.from, span.to);
  }

  async #take(batch: Batch): Promise<void> {
    if (batch.type === 'seal') return;
    for (const waiting of this.#days.values()) {
      const kept = await waiting.catch(() => undefined);
      if (kept) enter(kept, batch);
    }
  }
}

function enter(kept: Kept, batch: Exclude<Batch, { type: 'seal' }>): void {
  const { day } = kept;
  if (batch.type !== 'bars') {
    touch(kept, batch.from - day.session.from, batch.to + 1 - day.session.from);
    return;
  }
  for (const { symbol, minute } of batch.bars) {
    const column = day.mark(symbol, minute);
    if (column !== undefined) touch(kept, column, column + 1);
  }
}

function touch(kept: Kept, from: number, to: number): void {
  const span = { from: Math.max(0, from), to: Math.min(kept.day.minutes, to) };
  if (span.from < span.to) kept.dirty = kept.dirty ? join(kept.dirty, span) : span;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

const join = (a: Span, b: Span) => ({ from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) });
const overlap = (a: Span, b: Span) => a.from <= b.to && b.from <= a.to;

const isSame = (a: readonly MarketSymbol[], b: readonly MarketSymbol[]) =>
  a.length === b.length && a.every((symbol, at) => symbol === b[at]);

/** The revision that a cursor has seen, when it is of this building of this day. */
function revisionIn(cursor: string | undefined, date: string, generation: number): number | undefined {
  const [day, own, revision] = cursor?.split('/') ?? [];
  const seen = Number(revision);
  return day === date && Number(own) === generation && Number.isInteger(seen) ? seen : undefined;
}

function changesOf(
  { cells, changedAt, minutes, symbols }: CoverageDay,
  header: Omit<CoverageHeader, 'symbols' | 'columns'>,
  seen: number,
): CoverageAnswer {
  const columns: number[] = [];
  for (const [column, revision] of changedAt.entries()) if (revision > seen) columns.push(column);
  const changed = new Uint8Array(columns.length * symbols.length);
  for (const [place, column] of columns.entries())
    for (let row = 0; row < symbols.length; row++)
      changed[place * symbols.length + row] = cells[row * minutes + column] ?? 0;
  return { header: { ...header, symbols: null, columns }, cells: changed };
}
