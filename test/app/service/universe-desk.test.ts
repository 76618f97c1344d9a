import { expect, it } from 'vitest';
import type { Engine } from '../../../src/app/engine.ts';
import { UniverseDesk } from '../../../src/app/service/universe-desk.ts';
import { Roster } from '../../../src/ingest/roster.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { SteppedClock } from '../../../src/time/stepped-clock.ts';
import { minuteOf } from '../../../src/time/minute.ts';

const [spy, fresh] = ['SPY', 'FRSH'] as unknown as [MarketSymbol, MarketSymbol];

it('goes on with a symbol that was listed while a client had it polled', async () => {
  const clock = new SteppedClock(Date.parse('2026-01-14T15:00:00Z'));
  const roster = new Roster();
  const plan = makePlan({ symbols: [spy], mode: 'hybrid', requestsPerMinute: 180 });
  const engine = {
    plan,
    preview: () => plan,
    replan: () => plan,
    poller: {
      roster,
      add: (symbols: MarketSymbol[]) => roster.add(symbols, minuteOf(clock.now())),
      remove: (symbols: MarketSymbol[]) => roster.remove(symbols),
    },
  } as unknown as Engine;
  const selected = new Set([spy]);
  const desk = new UniverseDesk(engine, { note: () => undefined }, clock, (symbol) => selected.has(symbol));
  await desk.acquire([fresh]);
  desk.release([fresh]);
  expect(desk.has(fresh)).toBe(false);
  await desk.acquire([fresh]);
  selected.add(fresh);
  desk.release([fresh]);
  expect(desk.has(fresh)).toBe(true);
});
