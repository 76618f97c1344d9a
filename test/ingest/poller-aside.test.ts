import { describe, expect, it } from 'vitest';
import { FleeceError } from '../../src/errors.ts';
import type { SymbolState } from '../../src/ingest/roster.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { Poller } from '../../src/ingest/poller.ts';
import { addMinutes } from '../../src/time/minute.ts';
import { fill, firstMinute, setUp, start } from './delivery.ts';

const after = (minute: number, ms: number) => (firstMinute + minute + 1) * 60_000 + ms;

/** Set a symbol aside as an earlier run has left it. */
function setAside(poller: Poller, symbol: string, until: number): SymbolState {
  const state = poller.roster.get(symbol as MarketSymbol);
  if (!state) throw new Error(`${symbol} is not polled`);
  state.quarantine = { reason: 'an earlier run was refused', since: start - 3_600_000, until, times: 1 };
  return state;
}

describe('Poller with symbols set aside', () => {
  it('makes no live poll wait for another look at them, however long the lower lane waits', async () => {
    const { market, poller, run, delivered, stop, clock } = setUp({ minutes: 'endless', concurrency: 1 });
    fill(market, ['A', 'B', 'C', 'D'], 8);
    market.show('B', firstMinute + 1, 50, 4_000);
    setAside(poller, 'A', start);
    const answered = market.pages.bind(market);
    market.pages = async function* (query, options) {
      if (options.lane === 'repair') await clock.sleep(100_000, options.signal);
      yield* answered(query, options);
    };
    void clock.sleep(after(4, 30_000) - start).then(() => stop.abort(new Error('enough')));
    await run();
    const late = delivered.filter(
      ({ bar, at }) => bar.symbol !== 'A' && at - (bar.minute + 1) * 60_000 > 2_000,
    );
    // The one that shows itself after the first pass is found by the second.
    expect(
      late.map(({ bar, at }) => [bar.symbol, bar.minute - firstMinute, at - after(1, 0) < 8_000]),
    ).toEqual([['B', 1, true]]);
    expect(delivered.filter(({ bar }) => bar.symbol === 'A').length).toBeGreaterThan(0);
  });

  it('looks at them again when no other symbol is left and their time has come', async () => {
    const { market, poller, run, delivered, of } = setUp({
      symbols: ['A'],
      minutes: 3,
      from: addMinutes(firstMinute, -2),
    });
    fill(market, ['A'], 12, addMinutes(firstMinute, -3));
    setAside(poller, 'A', start - 1);
    await run();
    expect(of('release').map(({ symbol }) => symbol)).toEqual(['A']);
    expect(delivered.map(({ bar }) => bar.minute - firstMinute)).toEqual([-2, -1, 0, 1, 2]);
  });

  it('says since when one was refused, however often it is refused again', async () => {
    const { market, run, of } = setUp({ symbols: ['A', 'BBAD'], minutes: 35 });
    fill(market, ['A'], 45);
    market.fate = ({ symbols }) =>
      symbols.includes('BBAD' as MarketSymbol)
        ? new FleeceError('invalid_symbol', 'invalid symbol: BBAD', { symbol: 'BBAD', status: 400 })
        : 'answer';
    await run();
    const since = of('quarantine').map((event) => event.since - start);
    expect(since.length).toBe(3);
    expect(new Set(since)).toEqual(new Set([since[0]]));
  });

  it('ends when all of them were refused and none is to be looked at yet', async () => {
    const { poller, run } = setUp({ symbols: ['A'], from: addMinutes(firstMinute, -2) });
    setAside(poller, 'A', start + 3_600_000);
    await expect(run()).rejects.toMatchObject({ code: 'nothing_to_poll' });
  });

  it('leaves them alone while their market is closed', async () => {
    const { market, poller, run, stop, clock } = setUp({ minutes: 'endless', isOpen: () => false });
    setAside(poller, 'A', start);
    void clock.sleep(after(3, 0) - start).then(() => stop.abort(new Error('enough')));
    await run();
    expect(market.asked).toEqual([]);
  });
});

describe('Poller and a symbol that is removed while it is asked about', () => {
  it('vouches for none of its minutes: what the answer brought was dropped', async () => {
    const { market, poller, run, of, delivered, clock } = setUp({ symbols: ['A', 'B'], minutes: 3 });
    fill(market, ['A', 'B'], 12);
    market.fate = ({ at }) =>
      at < after(7, 0) ? new FleeceError('network', 'down', { retryable: true }) : 'answer';
    void clock.sleep(after(7, 1_550) - start).then(() => poller.remove(['A' as MarketSymbol]));
    await run();
    expect(delivered.filter(({ bar }) => bar.symbol === 'A')).toEqual([]);
    expect(of('gap').filter(({ symbols }) => symbols.includes('A' as MarketSymbol))).toMatchObject([
      { state: 'open' },
      { state: 'closed', reason: 'no longer polled' },
    ]);
    expect(new Set(of('asked').flatMap(({ symbols }) => symbols))).toEqual(new Set(['B']));
  });

  it('opens no gap for it when the question fails', async () => {
    const { market, poller, run, of, clock } = setUp({ symbols: ['A', 'B'], minutes: 3, batchSize: 1 });
    fill(market, ['A', 'B'], 12);
    market.fate = ({ symbols }) => (symbols.includes('A' as MarketSymbol) ? 'server_error' : 'answer');
    void clock.sleep(after(0, 1_550) - start).then(() => poller.remove(['A' as MarketSymbol]));
    await run();
    expect(of('gap')).toEqual([]);
  });
});
