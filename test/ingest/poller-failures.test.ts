import { describe, expect, it } from 'vitest';
import { FleeceError } from '../../src/errors.ts';
import type { Bar } from '../../src/market/bar.ts';
import type { EpochMinute } from '../../src/time/minute.ts';
import { faultsOf, fill, firstMinute, setUp, start } from './delivery.ts';
import { tickerNamed } from './tickers.ts';

const after = (minute: number, ms: number) => (firstMinute + minute + 1) * 60_000 + ms;
const invalid = (symbol: string) =>
  new FleeceError('invalid_symbol', `invalid symbol: ${symbol}`, { symbol, status: 400 });

describe('Poller through failures', () => {
  it('makes an outage of some minutes good, and names its gap when it opens and when it closes', async () => {
    const { market, run, delivered, of, symbols } = setUp({ minutes: 8 });
    fill(market, symbols, 14);
    market.fate = ({ at }) => (at > after(1, 0) && at < after(5, 0) ? 'server_error' : 'answer');
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 8 })).toEqual([]);
    const gaps = of('gap').map((gap) => [
      gap.state,
      gap.from - firstMinute,
      gap.to - firstMinute,
      gap.symbols,
    ]);
    expect(gaps).toEqual([
      ['open', 1, 1, ['A', 'B']],
      ['open', 1, 1, ['C', 'D']],
      ['closed', 1, 5, ['A', 'B']],
      ['closed', 1, 5, ['C', 'D']],
    ]);
  });

  it('survives an outage that is longer than the lookback', async () => {
    const { market, run, delivered, symbols } = setUp({ minutes: 30 });
    fill(market, symbols, 40);
    market.show('B', firstMinute + 4, 77, 280_000);
    market.fate = ({ at }) => (at > after(1, 0) && at < after(22, 0) ? 'server_error' : 'answer');
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 30 })).toEqual([]);
  });

  it('keeps what a torn walk delivered, and asks for the rest again', async () => {
    const { market, run, delivered, symbols } = setUp({ minutes: 6, batchSize: 4 });
    fill(market, symbols, 12);
    market.pageSize = 5;
    let asked = 0;
    market.fate = () => (asked++ % 3 === 1 ? 'torn' : 'answer');
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 6 })).toEqual([]);
  });

  it('lets no other batch wait for one that hangs', async () => {
    const { market, run, delivered, stop, clock, of } = setUp({ minutes: 'endless', batchSize: 1 });
    fill(market, ['A', 'B', 'C', 'D'], 12);
    market.fate = ({ symbols }) => (symbols.includes('B' as never) ? 'hang' : 'answer');
    void clock.sleep(after(7, 30_000) - start).then(() => stop.abort(new Error('enough')));
    await run();
    expect(
      faultsOf(market, delivered, { symbols: ['A', 'C', 'D'], minutes: 8, settledAt: after(7, 6_000) }),
    ).toEqual([]);
    for (const { bar, at } of delivered) expect(at - (bar.minute + 1) * 60_000).toBeLessThan(2_000);
    // What hangs is not asked again on top of itself.
    expect(market.asked.filter(({ symbols }) => symbols.includes('B' as never)).length).toBe(1);
    expect(of('gap')).toEqual([]);
  });

  it('catches up on a batch that hung for minutes', async () => {
    const { market, run, delivered, symbols, clock } = setUp({ minutes: 10 });
    fill(market, symbols, 16);
    const answered = market.pages.bind(market);
    market.pages = async function* (query, options) {
      const isSlow = query.symbols.includes('A' as never) && query.end === firstMinute + 1;
      for await (const page of answered(query, options)) {
        if (isSlow) await clock.sleep(250_000);
        yield page;
      }
    };
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 10 })).toEqual([]);
  });

  it('asks in smaller and smaller batches for what fails while others succeed, and sets the culprit aside', async () => {
    const symbols = Array.from({ length: 8 }, (_, at) => tickerNamed(at));
    const { market, run, delivered, of } = setUp({ symbols, minutes: 25, batchSize: 4 });
    fill(market, symbols, 40);
    market.fate = ({ symbols: list }) => (list.includes('SAG' as never) ? 'server_error' : 'answer');
    await run();
    const innocent = symbols.filter((symbol) => symbol !== 'SAG');
    expect(faultsOf(market, delivered, { symbols: innocent, minutes: 25 })).toEqual([]);
    expect(of('quarantine').length).toBeGreaterThan(0);
    expect(new Set(of('quarantine').map((event) => event.symbol))).toEqual(new Set(['SAG']));
    expect(of('quarantine')[0]?.reason).toMatch(/requests for it alone fail/);
    expect(delivered.some(({ bar }) => bar.symbol === 'SAG')).toBe(false);
  });

  it('sets nobody aside when everything fails', async () => {
    const { market, run, of, symbols, delivered } = setUp({ minutes: 30, batchSize: 1 });
    fill(market, symbols, 40);
    market.fate = ({ at }) => (at < after(20, 0) ? 'server_error' : 'answer');
    await run();
    expect(of('quarantine')).toEqual([]);
    expect(faultsOf(market, delivered, { symbols, minutes: 30 })).toEqual([]);
  });
});

describe('Poller and malformed symbols', () => {
  it('loses only the symbol that the service names', async () => {
    const symbols = ['A', 'BRKB', 'C', 'D'];
    const { market, run, delivered, of, poller } = setUp({ symbols, minutes: 5, batchSize: 4 });
    fill(market, symbols, 10);
    market.fate = ({ symbols: list }) => (list.includes('BRKB' as never) ? invalid('BRKB') : 'answer');
    await run();
    expect(faultsOf(market, delivered, { symbols: ['A', 'C', 'D'], minutes: 5 })).toEqual([]);
    expect(of('quarantine')).toEqual([
      {
        type: 'quarantine',
        symbol: 'BRKB',
        reason: 'invalid symbol: BRKB',
        since: expect.closeTo(after(0, 1_500), -3),
        until: expect.closeTo(after(0, 1_500) + 600_000, -3),
      },
    ]);
    expect(poller.roster.get('BRKB' as never)?.quarantine?.times).toBe(1);
    // One request found it, the next did without it, in the same pass.
    expect(market.asked.slice(0, 2).map((asked) => asked.symbols.length)).toEqual([4, 3]);
  });

  it('delivers the bars of the others in the pass that found it', async () => {
    const symbols = ['A', 'XBAD', 'YBAD', 'D'];
    const { market, run, delivered } = setUp({ symbols, minutes: 1, settleMinutes: 0, batchSize: 4 });
    fill(market, symbols, 4);
    market.fate = ({ symbols: list }) => {
      const bad = list.find((symbol) => symbol.endsWith('BAD'));
      return bad === undefined ? 'answer' : invalid(bad);
    };
    await run();
    expect(delivered.map(({ bar, at }) => [bar.symbol, at])).toEqual([
      ['A', after(0, 1_950)],
      ['D', after(0, 1_950)],
    ]);
  });

  it('lets a name of a kind that is often refused cost the others nothing', async () => {
    const symbols = ['A', 'BRK-B', 'GME1', 'ACP.PA', 'D'];
    const { market, run, delivered, of } = setUp({ symbols, minutes: 3, batchSize: 5 });
    fill(market, symbols, 8);
    market.fate = ({ symbols: list }) => {
      const bad = list.find((symbol) => symbol !== 'GME1' && /[^A-Z]/.test(symbol));
      return bad === undefined ? 'answer' : invalid(bad);
    };
    await run();
    expect(faultsOf(market, delivered, { symbols: ['A', 'GME1', 'D'], minutes: 3 })).toEqual([]);
    expect(new Set(of('quarantine').map((event) => event.symbol))).toEqual(new Set(['BRK-B', 'ACP.PA']));
    // The others were never in a request that failed.
    for (const { symbols: list } of market.asked.filter((asked) => asked.symbols.includes('A' as never))) {
      expect(list.some((symbol) => symbol === 'BRK-B' || symbol === 'ACP.PA')).toBe(false);
    }
  });

  it('bisects when the service refuses without a name', async () => {
    const symbols = Array.from({ length: 16 }, (_, at) => tickerNamed(at));
    const { market, run, delivered, of } = setUp({ symbols, minutes: 3, batchSize: 16 });
    fill(market, symbols, 8);
    market.fate = ({ symbols: list }) =>
      list.includes('SAL' as never)
        ? new FleeceError('bad_request', 'no reason given', { status: 400 })
        : 'answer';
    await run();
    expect(
      faultsOf(market, delivered, { symbols: symbols.filter((one) => one !== 'SAL'), minutes: 3 }),
    ).toEqual([]);
    expect(new Set(of('quarantine').map((event) => event.symbol))).toEqual(new Set(['SAL']));
    expect(market.asked.filter(({ at }) => at < after(0, 30_000)).length).toBeLessThanOrEqual(2 * 4 + 1);
  });

  it('looks at a refused symbol again, releases it once it is accepted, and fetches what it missed', async () => {
    const symbols = ['A', 'NEW', 'C'];
    const { market, run, delivered, of } = setUp({ symbols, minutes: 40, batchSize: 3 });
    fill(market, symbols, 50);
    market.fate = ({ symbols: list, at }) =>
      list.includes('NEW' as never) && at < after(18, 0) ? invalid('NEW') : 'answer';
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 40 })).toEqual([]);
    expect(of('release').map((event) => event.symbol)).toEqual(['NEW']);
    // Ten minutes, then twenty.
    const look = market.asked.find(({ symbols: list }) => list.length === 1 && list[0] === 'NEW');
    expect(look).toMatchObject({ lane: 'repair' });
    expect(of('quarantine').length).toBe(2);
  });

  it('asks for a quarantined symbol alone', async () => {
    const symbols = ['A', 'BBAD', 'C'];
    const { market, run } = setUp({ symbols, minutes: 35, batchSize: 3 });
    fill(market, symbols, 45);
    market.fate = ({ symbols: list }) => (list.includes('BBAD' as never) ? invalid('BBAD') : 'answer');
    await run();
    const withIt = market.asked.filter(({ symbols: list }) => list.includes('BBAD' as never));
    expect(withIt.map(({ symbols: list }) => list.length)).toEqual([3, 1, 1]);
  });
});

describe('Poller and a slow consumer', () => {
  it('pauses the asking, loses nothing, and keeps the order', async () => {
    const symbols = Array.from({ length: 6 }, (_, at) => tickerNamed(at));
    const bars: Bar[] = [];
    const made = setUp({ symbols, minutes: 8 });
    const { market, clock, delivered } = made;
    fill(market, symbols, 14);
    const slow = setUp({
      symbols,
      minutes: 8,
      source: market,
      clock,
      sink: {
        bars: async (page) => {
          await clock.sleep(70_000);
          for (const bar of page) {
            bars.push(bar);
            delivered.push({ bar, at: clock.now() });
          }
        },
        notice: () => undefined,
      },
    });
    await slow.run();
    expect(faultsOf(market, delivered, { symbols, minutes: 8 })).toEqual([]);
    expect(bars.length).toBeGreaterThanOrEqual(48);
    expect(market.mostInFlight).toBeLessThanOrEqual(4);
  });
});

describe('Poller and market hours', () => {
  it('asks nothing while the market is closed, but goes on to the end of the lookback', async () => {
    const { market, run, delivered, stop, clock, symbols } = setUp({
      minutes: 'endless',
      isOpen: (minute: EpochMinute) => minute < firstMinute + 3 || minute >= firstMinute + 60,
    });
    fill(market, symbols, 3);
    fill(market, symbols, 3, (firstMinute + 60) as EpochMinute);
    market.show('A', firstMinute + 2, 44, 500, [[295_000, 45]]);
    void clock.sleep(after(70, 30_000) - start).then(() => stop.abort(new Error('enough')));
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 64 })).toEqual([]);
    const minutesAsked = new Set(market.asked.map(({ at }) => Math.floor(at / 60_000) - firstMinute));
    for (let minute = 12; minute <= 60; minute++) expect(minutesAsked.has(minute)).toBe(false);
    expect(minutesAsked.has(8)).toBe(true);
  });

  it('makes an outage that reaches over the close good once it is over', async () => {
    const { market, run, delivered, stop, clock, symbols, of } = setUp({
      minutes: 'endless',
      isOpen: (minute: EpochMinute) => minute < firstMinute + 3,
    });
    fill(market, symbols, 3);
    market.fate = ({ at }) => (at > after(0, 30_000) && at < after(20, 0) ? 'server_error' : 'answer');
    void clock.sleep(after(40, 30_000) - start).then(() => stop.abort(new Error('enough')));
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 3 })).toEqual([]);
    expect(of('gap').filter(({ state }) => state === 'closed').length).toBe(2);
    expect(market.asked.filter(({ at }) => at > after(21, 0)).length).toBe(0);
  });
});
