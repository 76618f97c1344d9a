import { describe, expect, it } from 'vitest';
import { FleeceError } from '../../src/errors.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { EpochMinute } from '../../src/time/minute.ts';
import { faultsOf, fill, firstMinute, setUp, start } from './delivery.ts';
import { row } from './fake-market.ts';
import { tickerNamed } from './tickers.ts';

const after = (minute: number, ms: number) => (firstMinute + minute + 1) * 60_000 + ms;

describe('Poller', () => {
  it('delivers every bar once, and stops when the wanted minutes are settled', async () => {
    const { market, run, delivered, symbols, clock, of } = setUp();
    fill(market, symbols, 9);
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 5 })).toEqual([]);
    expect(delivered.length).toBe(20);
    // The last minute closes at :05 and is asked about until two minutes later.
    expect(clock.now()).toBeGreaterThanOrEqual(after(4, 120_000));
    expect(clock.now()).toBeLessThan(after(4, 180_000));
    expect(of('pass').every((pass) => pass.failedBatches === 0)).toBe(true);
  });

  it('asks first at the settle delay after the end of the minute, in batches with the whole window', async () => {
    const { market, run, symbols } = setUp({ minutes: 2 });
    fill(market, symbols, 4);
    await run();
    const first = market.asked.slice(0, 2);
    expect(first.map((asked) => asked.at)).toEqual([after(0, 1_500), after(0, 1_500)]);
    expect(first.map((asked) => asked.symbols)).toEqual([
      ['A', 'B'],
      ['C', 'D'],
    ]);
    for (const asked of market.asked) {
      expect(asked).toMatchObject({ feed: 'iex', lane: 'live', start: firstMinute });
      expect(asked.end).toBeLessThanOrEqual(firstMinute + 1);
      expect((asked.end + 1) * 60_000).toBeLessThanOrEqual(asked.at);
    }
  });

  it('never delivers a minute that is still forming, whatever the service shows', async () => {
    const { market, run, delivered, symbols } = setUp({ symbols: ['A'], minutes: 3 });
    market.overshoot = 2;
    for (let minute = -3; minute < 6; minute++) market.show('A', firstMinute + minute, 10 + minute, -59_000);
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 3 })).toEqual([]);
    expect(delivered.length).toBe(3);
  });

  it('delivers nothing from before the start unless it was asked for', async () => {
    const { market, run, delivered, symbols } = setUp({ minutes: 2 });
    fill(market, symbols, 10, (firstMinute - 6) as EpochMinute);
    await run();
    expect(Math.min(...delivered.map(({ bar }) => bar.minute))).toBe(firstMinute);
  });

  it('delivers the minutes since an earlier one at once, then goes on', async () => {
    const from = (firstMinute - 30) as EpochMinute;
    const { market, run, delivered, symbols, of } = setUp({ minutes: 2, from });
    fill(market, symbols, 40, from);
    await run();
    expect(faultsOf(market, delivered, { symbols, from, minutes: 32 })).toEqual([]);
    expect(delivered[0]?.at).toBeLessThan(start + 1_000);
    expect(of('pass')[0]).toMatchObject({ pass: 'since', bars: 120 });
  });

  it('finds what a failed first question about the past left out', async () => {
    const from = (firstMinute - 30) as EpochMinute;
    const { market, run, delivered, symbols } = setUp({ minutes: 2, from });
    fill(market, symbols, 40, from);
    market.fate = ({ at }) => (at < start + 10_000 ? 'torn' : 'answer');
    market.pageSize = 7;
    await run();
    expect(faultsOf(market, delivered, { symbols, from, minutes: 32 })).toEqual([]);
  });

  it('delivers late bars as bars, and revisions as revisions, up to the end of the lookback', async () => {
    const { market, run, delivered, symbols } = setUp({ symbols: ['A', 'B'], minutes: 12, settleMinutes: 5 });
    fill(market, symbols, 20);
    market.show('A', firstMinute + 2, 50, 299_000);
    market.show('A', firstMinute + 3, 60, 500, [
      [30_000, 61],
      [299_500, 62],
    ]);
    market.show('B', firstMinute + 11, 70, 290_000);
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 12 })).toEqual([]);
    const of = (minute: number) =>
      delivered
        .filter(({ bar }) => bar.symbol === 'A' && bar.minute === firstMinute + minute)
        .map(({ bar }) => [bar.type, bar.c]);
    expect(of(2)).toEqual([['bar', 50]]);
    expect(of(3)).toEqual([
      ['bar', 60],
      ['revision', 61],
      ['revision', 62],
    ]);
  });

  it('does not deliver what appears after the lookback', async () => {
    const { market, run, delivered } = setUp({ symbols: ['A'], minutes: 12 });
    fill(market, ['A'], 20);
    market.show('A', firstMinute + 1, 50, 8 * 60_000);
    await run();
    expect(delivered.some(({ bar }) => bar.minute === firstMinute + 1)).toBe(false);
  });

  it('lives through minutes without a trade', async () => {
    const { market, run, delivered, symbols } = setUp({ symbols: ['A', 'B', 'C'], minutes: 6 });
    market.show('A', firstMinute + 1, 5).show('C', firstMinute + 5, 6);
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 6 })).toEqual([]);
    expect(delivered.length).toBe(2);
  });

  it('takes a symbol that is cut over two pages together', async () => {
    const { market, run, delivered, symbols } = setUp({ minutes: 8, batchSize: 4 });
    fill(market, symbols, 14);
    market.pageSize = 3;
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 8 })).toEqual([]);
  });

  it('asks a second time only about what is missing', async () => {
    const { market, run, delivered } = setUp({ symbols: ['A', 'B', 'C', 'D'], minutes: 1, settleMinutes: 0 });
    market.show('A', firstMinute, 1).show('B', firstMinute, 2).show('D', firstMinute, 4);
    market.show('C', firstMinute, 3, 4_000);
    // Asked at 1.5 s and 6 s after the close.
    await run();
    const second = market.asked.filter(({ at }) => at >= after(0, 6_000));
    expect(second.map((asked) => [asked.at, asked.symbols])).toEqual([]);
    expect(delivered.map(({ bar }) => bar.symbol)).toEqual(['A', 'B', 'D']);

    const longer = setUp({ symbols: ['A', 'B', 'C', 'D'], minutes: 2 });
    longer.market.show('A', firstMinute, 1).show('B', firstMinute, 2).show('D', firstMinute, 4);
    longer.market.show('C', firstMinute, 3, 4_000);
    await longer.run();
    const looks = longer.market.asked.filter(({ at }) => at >= after(0, 2_000) && at < after(0, 30_000));
    expect(looks.map((asked) => [asked.at, asked.symbols])).toEqual([[after(0, 6_000), ['C']]]);
    expect(longer.delivered.find(({ bar }) => bar.symbol === 'C')?.at).toBe(after(0, 6_150));
  });

  it('makes a second pass of no more requests than it may', async () => {
    const symbols = Array.from({ length: 20 }, (_, at) => tickerNamed(at));
    const { market, run, poller, shape } = setUp({ symbols, minutes: 2, batchSize: 1 });
    poller.reshape({ ...shape, batchSize: 1, secondPassRequests: 3 });
    await run();
    const second = market.asked.filter(({ at }) => at >= after(0, 6_000) && at < after(0, 30_000));
    expect(second.length).toBe(3);
  });

  it('keeps to the requests in flight', async () => {
    const symbols = Array.from({ length: 30 }, (_, at) => tickerNamed(at));
    const { market, run, delivered } = setUp({ symbols, minutes: 2, batchSize: 3, concurrency: 3 });
    fill(market, symbols, 5);
    await run();
    expect(market.mostInFlight).toBe(3);
    expect(faultsOf(market, delivered, { symbols, minutes: 2 })).toEqual([]);
  });

  it('lets a universe that does not fit take turns, and loses nothing', async () => {
    const symbols = Array.from({ length: 12 }, (_, at) => tickerNamed(at));
    const { market, run, delivered, poller, shape } = setUp({ symbols, minutes: 8, settleMinutes: 5 });
    fill(market, symbols, 20);
    market.show('SAD', firstMinute + 2, 99, 250_000);
    poller.reshape({ ...shape, batchSize: 2, requestsPerMinute: 2, secondPassRequests: 0 });
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 8 })).toEqual([]);
    const perMinute = new Map<number, number>();
    for (const { at } of market.asked)
      perMinute.set(Math.floor(at / 60_000), (perMinute.get(Math.floor(at / 60_000)) ?? 0) + 1);
    expect(Math.max(...perMinute.values())).toBe(2);
  });

  it('ends after the lookback when that is shorter than the settle minutes', async () => {
    const { market, run, delivered, symbols, clock } = setUp({ minutes: 3, lookback: 1, settleMinutes: 30 });
    fill(market, symbols, 9);
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 3, lookback: 1 })).toEqual([]);
    expect(clock.now()).toBeLessThan(after(2, 130_000));
  });

  it('asks about a symbol in one request at a time, also when passes take minutes and overlap', async () => {
    const symbols = Array.from({ length: 9 }, (_, at) => tickerNamed(at));
    const { market, run, delivered } = setUp({ symbols, minutes: 15, batchSize: 3, concurrency: 2 });
    fill(market, symbols, 30);
    let asked = 0;
    const answered = market.pages.bind(market);
    market.pages = async function* (query, options) {
      market.latencyMs = (asked++ * 37_000) % 170_000;
      yield* answered(query, options);
    };
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 15 })).toEqual([]);
    expect(market.overlaps).toEqual([]);
  });

  it('forgets what is settled, so that memory stays level', async () => {
    const { market, run, poller, stop, clock, symbols } = setUp({ minutes: 'endless' });
    fill(market, symbols, 300);
    const sizes: number[] = [];
    const watching = (async () => {
      for (let minute = 0; minute < 240; minute++) {
        await clock.sleep(60_000);
        sizes.push(poller.remembered);
      }
      stop.abort(new Error('enough'));
    })();
    await Promise.all([run(), watching]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(symbols.length * 7);
    expect(sizes.at(-1)).toBeGreaterThan(0);
  });

  it('delivers nothing of what an earlier run delivered, except what has changed since', async () => {
    const from = (firstMinute - 3) as EpochMinute;
    const ledger = new Ledger();
    const context = { feed: 'iex', receivedAt: 0, openFrom: from, closedThrough: firstMinute } as const;
    ledger.enter('A' as MarketSymbol, [row(from, 10), row(from + 1, 77)], context);
    const { market, run, delivered } = setUp({ symbols: ['A'], minutes: 1, from, ledger });
    fill(market, ['A'], 4, from);
    await run();
    expect(delivered.map(({ bar }) => [bar.minute - from, bar.type, bar.version])).toEqual([
      [1, 'revision', 2],
      [2, 'bar', 1],
      [3, 'bar', 1],
    ]);
  });

  it('asks about pairs on the crypto feed, and about stocks on their own', async () => {
    const symbols = ['AAPL', 'BTC/USD', 'MSFT', 'ETH/USD'];
    const { market, run, delivered } = setUp({ symbols, minutes: 2, batchSize: 10 });
    fill(market, symbols, 4);
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 2 })).toEqual([]);
    for (const { symbols: list, feed } of market.asked) {
      expect(new Set(list.map((symbol) => symbol.includes('/'))).size).toBe(1);
      expect(feed).toBe(list[0]?.includes('/') ? 'crypto' : 'iex');
    }
    expect(new Set(delivered.map(({ bar }) => `${bar.symbol} ${bar.feed}`))).toEqual(
      new Set(['AAPL iex', 'MSFT iex', 'BTC/USD crypto', 'ETH/USD crypto']),
    );
  });
});

describe('Poller that is stopped', () => {
  it('resolves when the signal fires between polls, in a poll, and before it began', async () => {
    for (const [when, fate] of [
      [30_000, 'answer'],
      [after(0, 1_550) - start, 'answer'],
      [after(0, 3_000) - start, 'answer'],
      [after(3, 0) - start, 'hang'],
      [0, 'answer'],
    ] as const) {
      const { market, run, stop, clock } = setUp({ minutes: 'endless' });
      market.fate = () => fate;
      if (when === 0) stop.abort(new Error('stopped'));
      else void clock.sleep(when).then(() => stop.abort(new Error('stopped')));
      await expect(run()).resolves.toBeUndefined();
      expect(market.inFlight).toBe(0);
      const asked = market.asked.length;
      await clock.sleep(600_000);
      expect(market.asked.length).toBe(asked);
    }
  });
});

describe('Poller whose shape changes', () => {
  it('polls in the new shape from the next pass on, loses nothing, and says so', async () => {
    const symbols = Array.from({ length: 10 }, (_, at) => tickerNamed(at));
    const { market, run, delivered, poller, shape, clock, of } = setUp({
      symbols,
      minutes: 10,
      batchSize: 5,
    });
    fill(market, symbols, 16);
    market.latencyMs = 2_000;
    void clock
      .sleep(after(2, 2_000) - start)
      .then(() => poller.reshape({ ...shape, batchSize: 1, concurrency: 10 }));
    void clock
      .sleep(after(5, 2_000) - start)
      .then(() => poller.reshape({ ...shape, batchSize: 10, concurrency: 1 }));
    await run();
    expect(faultsOf(market, delivered, { symbols, minutes: 10 })).toEqual([]);
    const sizes = (minute: number) =>
      new Set(
        market.asked
          .filter(({ at }) => at >= after(minute, 0) && at < after(minute, 5_900))
          .map((asked) => asked.symbols.length),
      );
    expect([sizes(1), sizes(3), sizes(7)]).toEqual([new Set([5]), new Set([1]), new Set([10])]);
    expect(of('mode')).toEqual([
      { type: 'mode', batchSize: 1, concurrency: 10 },
      { type: 'mode', batchSize: 10, concurrency: 1 },
    ]);
  });
});

describe('Poller and the ends of a run', () => {
  it.each(['unauthorized', 'forbidden', 'usage'] as const)(
    'ends with %s as soon as it is told',
    async (code) => {
      const { market, run, clock, delivered } = setUp({ minutes: 'endless' });
      market.fate = ({ symbols }) => (symbols[0] === 'A' ? new FleeceError(code, 'the reason') : 'hang');
      await expect(run()).rejects.toMatchObject({ code, message: 'the reason' });
      expect(clock.now()).toBeLessThan(after(0, 10_000));
      expect(market.inFlight).toBe(0);
      expect(delivered).toEqual([]);
    },
  );

  it('ends with an error of our own making, too, instead of polling on blindly', async () => {
    const { market, run } = setUp();
    market.fate = () => {
      throw new TypeError('a bug');
    };
    await expect(run()).rejects.toThrow('a bug');
  });

  it('ends when every symbol is refused, with the reason of one', async () => {
    const { market, run, of } = setUp();
    market.fate = ({ symbols }) =>
      new FleeceError('invalid_symbol', `invalid symbol: ${symbols[0]}`, { symbol: symbols[0] ?? '' });
    await expect(run()).rejects.toMatchObject({
      code: 'nothing_to_poll',
      message: expect.stringMatching(/all 4 symbols were refused.*invalid symbol: A/),
    });
    expect(
      of('quarantine')
        .map((event) => event.symbol)
        .toSorted(),
    ).toEqual(['A', 'B', 'C', 'D']);
  });
});
