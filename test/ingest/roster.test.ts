import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Roster, type SymbolState } from '../../src/ingest/roster.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { EpochMinute } from '../../src/time/minute.ts';

const at = (minute: number) => minute as EpochMinute;
const apple = 'AAPL' as MarketSymbol;
const minuteMs = 60_000;

function setUp(from = 100): { roster: Roster; state: SymbolState } {
  const roster = new Roster();
  roster.add([apple], at(from));
  const state = roster.get(apple);
  if (!state) throw new Error('the roster lost its symbol');
  return { roster, state };
}

describe('Roster', () => {
  it('owes a new symbol every minute from the given one on', () => {
    expect(setUp().state).toMatchObject({ openFrom: 100, askedThrough: 99, lastBar: 99, failures: 0 });
  });

  it('leaves a symbol that it knows as it is', () => {
    const { roster, state } = setUp();
    roster.settle(state, at(120), 121 * minuteMs, 5);
    roster.add([apple, 'MSFT' as MarketSymbol], at(300));
    expect(roster.size).toBe(2);
    expect(roster.get(apple)?.openFrom).toBe(116);
    expect(roster.get('MSFT' as MarketSymbol)?.openFrom).toBe(300);
  });

  it('no longer knows what was removed', () => {
    const { roster } = setUp();
    roster.remove([apple, 'NONE' as MarketSymbol]);
    expect([roster.size, roster.get(apple), roster.ready()]).toEqual([0, undefined, []]);
  });

  it('has ready who is neither busy nor quarantined, in the order of adding', () => {
    const roster = new Roster();
    roster.add(
      ['D', 'B', 'C', 'A'].map((name) => name as MarketSymbol),
      at(1),
    );
    const busy = roster.get('B' as MarketSymbol);
    const bad = roster.get('C' as MarketSymbol);
    if (busy) busy.busy = true;
    if (bad) roster.quarantine(bad, 'why', true, 0);
    expect(roster.ready().map((state) => state.symbol)).toEqual(['D', 'A']);
    expect(roster.quarantined().map((state) => state.symbol)).toEqual(['C']);
  });
});

describe('quarantine', () => {
  it('of a named symbol lasts ten minutes, then twice as long each time, up to six hours', () => {
    const { roster, state } = setUp();
    const waits = Array.from({ length: 8 }, () => roster.quarantine(state, 'why', true, 1_000).until - 1_000);
    expect(waits.map((wait) => wait / minuteMs)).toEqual([10, 20, 40, 80, 160, 320, 360, 360]);
    expect(state.quarantine).toMatchObject({ reason: 'why', since: 1_000, times: 8 });
  });

  it('of one that was found by elimination starts with a minute', () => {
    const { roster, state } = setUp();
    expect(roster.quarantine(state, 'why', false, 0).until).toBe(minuteMs);
    expect(roster.quarantine(state, 'why', false, minuteMs).until).toBe(3 * minuteMs);
    expect(state.quarantine?.since).toBe(0);
  });

  it('is due when its time has come and nobody asks already', () => {
    const { roster, state } = setUp();
    roster.quarantine(state, 'why', true, 0);
    expect(roster.due(10 * minuteMs - 1)).toEqual([]);
    expect(roster.due(10 * minuteMs)).toEqual([state]);
    state.busy = true;
    expect(roster.due(10 * minuteMs)).toEqual([]);
  });
});

describe('settle', () => {
  it('moves the watermark behind the minutes that were past their lookback when asked about', () => {
    const { roster, state } = setUp(100);
    // Minute 104 closes at 105:00, so its lookback of 5 ends at 110:00.
    roster.settle(state, at(109), 110 * minuteMs - 1, 5);
    expect([state.openFrom, state.askedThrough]).toEqual([104, 109]);
    roster.settle(state, at(109), 110 * minuteMs, 5);
    expect([state.openFrom, state.askedThrough]).toEqual([105, 109]);
  });

  it('never moves the watermark past the end of the window, however late it was asked', () => {
    const { roster, state } = setUp(100);
    roster.settle(state, at(102), 500 * minuteMs, 5);
    expect([state.openFrom, state.askedThrough]).toEqual([103, 102]);
  });

  it('never moves anything back', () => {
    const { roster, state } = setUp(100);
    roster.settle(state, at(120), 130 * minuteMs, 5);
    roster.settle(state, at(110), 131 * minuteMs, 5);
    expect([state.openFrom, state.askedThrough]).toEqual([121, 120]);
  });

  it('ends failures and gap', () => {
    const { roster, state } = setUp(100);
    state.failures = 3;
    state.gapFrom = at(101);
    roster.settle(state, at(101), 102 * minuteMs, 5);
    expect(state).toMatchObject({ failures: 0, gapFrom: undefined, askedAt: 102 * minuteMs });
  });

  it('keeps every bar that appears up to `lookback` minutes after its close inside a window that is asked afterwards', () => {
    const question = fc.record({ pause: fc.integer({ min: 0, max: 900_000 }), fails: fc.boolean() });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 20 }),
        fc.nat({ max: 1_000_000 }),
        fc.array(question, { maxLength: 40 }),
        (lookback, later, share, questions) => {
          const { roster, state } = setUp(100);
          const minute = 100 + later;
          const closesAt = (minute + 1) * minuteMs;
          const visibleAt = closesAt + Math.round((share / 1_000_000) * lookback * minuteMs);
          let now = 100 * minuteMs;
          let found = false;
          let wasAsked = false;
          for (const { pause, fails } of [...questions, { pause: 10 * 3_600_000, fails: false }]) {
            now += pause;
            const end = Math.floor(now / minuteMs) - 1;
            if (fails || end < state.openFrom) continue;
            const isInside = state.openFrom <= minute && minute <= end;
            if (now >= visibleAt && !wasAsked) {
              wasAsked = true;
              found = isInside;
            }
            roster.settle(state, at(end), now, lookback);
            expect(state.openFrom).toBeLessThanOrEqual(state.askedThrough + 1);
          }
          expect(found).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
