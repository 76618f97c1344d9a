import { expect, it } from 'vitest';
import type { Engine } from '../../../src/app/engine.ts';
import { UniverseDesk } from '../../../src/app/service/universe-desk.ts';
import { Roster } from '../../../src/ingest/roster.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { SteppedClock } from '../../../src/time/stepped-clock.ts';
import { minuteOf } from '../../../src/time/minute.ts';
import { tickerNamed } from '../../ingest/tickers.ts';

const [spy, fresh] = ['SPY', 'FRSH'] as unknown as [MarketSymbol, MarketSymbol];

function deskFor(symbols: readonly MarketSymbol[], requestsPerMinute = 180) {
  const clock = new SteppedClock(Date.parse('2026-01-14T15:00:00Z'));
  const roster = new Roster();
  roster.add(symbols, minuteOf(clock.now()));
  const planFor = (more: readonly MarketSymbol[]) =>
    makePlan({ symbols: [...roster.symbols(), ...more], mode: 'hybrid', requestsPerMinute });
  const engine = {
    get plan() {
      return planFor([]);
    },
    preview: planFor,
    replan: () => planFor([]),
    poller: {
      roster,
      add: (added: MarketSymbol[]) => roster.add(added, minuteOf(clock.now())),
      remove: (removed: MarketSymbol[]) => roster.remove(removed),
    },
  } as unknown as Engine;
  const selected = new Set(symbols);
  const desk = new UniverseDesk(engine, { note: () => undefined }, clock, (symbol) => selected.has(symbol));
  return { desk, selected };
}

function named(from: number, count: number): MarketSymbol[] {
  return Array.from({ length: count }, (_, at) => tickerNamed(from + at) as MarketSymbol);
}

it('admits what is polled as often, and refuses what would make everybody wait longer', async () => {
  // Two requests a minute are 200 symbols; of 400 each is polled every other minute.
  for (const polled of [150, 350]) {
    const { desk } = deskFor(named(0, polled), 2);
    expect(await desk.acquire(named(polled, 50))).toEqual({ admitted: true });
    const [more] = named(polled + 50, 1);
    if (!more) throw new Error('no name');
    expect(await desk.acquire([more])).toMatchObject({ admitted: false });
    expect(desk.has(more)).toBe(false);
  }
});

it('goes on with a symbol that was listed while a client had it polled', async () => {
  const { desk, selected } = deskFor([spy]);
  await desk.acquire([fresh]);
  desk.release([fresh]);
  expect(desk.has(fresh)).toBe(false);
  await desk.acquire([fresh]);
  selected.add(fresh);
  desk.release([fresh]);
  expect(desk.has(fresh)).toBe(true);
});
