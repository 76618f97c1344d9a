import type { StreamEvent } from '../../src/app/bar-stream.ts';
import type { Bar } from '../../src/market/bar.ts';
import type { Market } from '../../src/simulator/index.ts';
import { type EpochMs } from '../../src/time/clock.ts';
import { closeOf, toIsoMinute } from '../../src/time/minute.ts';

/** What is wrong with a run, each a list of places; all empty when it is right. */
export interface Faults {
  readonly lost: string[];
  readonly doubled: string[];
  readonly invented: string[];
  readonly stale: string[];
  readonly early: string[];
  readonly disordered: string[];
}

export interface AccountOptions {
  readonly market: Market;
  readonly symbols: readonly string[];
  /** First and last minute that were owed, inclusive. */
  readonly from: number;
  readonly to: number;
  /** When the run ended: what is visible then is owed. */
  readonly endedAt: EpochMs;
  /** When the last question about any minute was asked; what changed later is not owed. */
  readonly lookback: number;
}

/** Account for every bar of a run against the market's own truth. */
export function account(events: readonly StreamEvent[], options: AccountOptions): Faults {
  const { market, symbols, from, to, endedAt, lookback } = options;
  const faults: Faults = { lost: [], doubled: [], invented: [], stale: [], early: [], disordered: [] };
  const last = new Map<string, Bar>();
  const newest = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'bar' && event.type !== 'revision') continue;
    const place = `${event.symbol} ${toIsoMinute(event.minute)}`;
    if (event.type === 'bar' && last.has(place)) faults.doubled.push(place);
    if (event.type === 'revision' && !last.has(place)) faults.doubled.push(`${place} revised before its bar`);
    if (event.receivedAt < closeOf(event.minute)) faults.early.push(place);
    const life = market.publication(event.symbol, event.minute);
    const isLate = life !== undefined && life.visibleAt - closeOf(event.minute) > 1_000;
    if (event.type === 'bar' && !isLate && event.minute < (newest.get(event.symbol) ?? 0))
      faults.disordered.push(place);
    newest.set(event.symbol, Math.max(event.minute, newest.get(event.symbol) ?? 0));
    last.set(place, event);
  }
  const truth = new Map<
    string,
    { c: number; v: number; n: number; o: number; h: number; l: number; vw: number }
  >();
  for (let minute = from; minute <= to; minute++) {
    const seenAt = Math.min(endedAt, (minute + 1 + lookback) * 60_000);
    for (const symbol of symbols) {
      const bar = market.at(symbol, minute, seenAt);
      if (bar) truth.set(`${symbol} ${new Date(minute * 60_000).toISOString().slice(0, 19)}Z`, bar);
    }
  }
  for (const [place, bar] of truth) {
    const delivered = last.get(place);
    if (!delivered) faults.lost.push(place);
    else if (
      delivered.c !== bar.c ||
      delivered.o !== bar.o ||
      delivered.h !== bar.h ||
      delivered.l !== bar.l ||
      delivered.v !== bar.v ||
      delivered.n !== bar.n ||
      delivered.vw !== bar.vw
    ) {
      faults.stale.push(place);
    }
  }
  for (const [place, bar] of last) {
    if (!truth.has(place) && !market.at(bar.symbol, bar.minute, endedAt)) faults.invented.push(place);
  }
  return faults;
}

export const noFaults: Faults = { lost: [], doubled: [], invented: [], stale: [], early: [], disordered: [] };
