import { describe, expect, it } from 'vitest';
import { faultsOf, firstMinute, setUp } from './delivery.ts';
import { tickerNamed } from './tickers.ts';

const after = (minute: number, ms: number) => (firstMinute + minute + 1) * 60_000 + ms;
const minutes = 12;

/** Forty symbols, each with a bar in every minute, which can be had from `delayMs` after the minute on. */
function lateMarket(delayMs: (place: number) => number, secondPassRequests = 40) {
  const symbols = Array.from({ length: 40 }, (_, at) => tickerNamed(at));
  const set = setUp({ symbols, minutes, batchSize: 4, concurrency: 40 });
  for (const [place, symbol] of symbols.entries())
    for (let minute = 0; minute < minutes + 4; minute++)
      set.market.show(symbol, firstMinute + minute, 10 + place + minute, delayMs(place));
  set.poller.reshape({ ...set.shape, secondPassRequests });
  /** When each question of a minute was sent, after its end, without repetitions. */
  const askedAfter = (minute: number) => [
    ...new Set(
      set.market.asked
        .filter(({ at }) => at >= after(minute, 0) && at < after(minute, 30_000))
        .map(({ at }) => at - after(minute, 0)),
    ),
  ];
  const faults = () => faultsOf(set.market, set.delivered, { symbols, minutes });
  return { ...set, askedAfter, faults };
}

describe('Poller of a service that is late', () => {
  it('looks again sooner at what is missing, and asks no sooner than it must about the rest', async () => {
    const { run, askedAfter, faults, delivered, market, of } = lateMarket((place) => place * 70);
    await run();
    expect(faults()).toEqual([]);
    expect([0, 1, 5].map(askedAfter)).toEqual([
      [1_500, 6_000],
      [1_500, 3_000],
      [1_500, 3_000],
    ]);
    const early = market.asked.filter(({ at }) => at === after(5, 3_000));
    expect(early.flatMap(({ symbols }) => symbols).length).toBe(16);
    const lateness = delivered
      .filter(({ bar }) => bar.minute === firstMinute + 5)
      .map(({ at }) => at - after(5, 0));
    expect(Math.max(...lateness)).toBe(3_150);
    expect(of('settle')).toEqual([]);
  });

  it('goes back to one look when the service is on time again', async () => {
    const { run, askedAfter, faults, market, symbols } = lateMarket((place) => place * 70);
    for (const symbol of symbols)
      for (let minute = 4; minute < minutes + 4; minute++)
        market.show(symbol, firstMinute + minute, 10 + minute, symbol === symbols[0] ? 4_000 : 100);
    await run();
    expect(faults()).toEqual([]);
    expect([5, 6, 7].map(askedAfter)).toEqual([
      [1_500, 3_000, 6_000],
      [1_500, 6_000],
      [1_500, 6_000],
    ]);
  });

  it('begins first passes later when not everybody can be looked at again, and says so', async () => {
    const { run, askedAfter, faults, of, delivered } = lateMarket(() => 2_900, 3);
    await run();
    expect(faults()).toEqual([]);
    expect(of('settle')).toEqual([{ type: 'settle', settleMs: 3_000, late: 1 }]);
    const firsts = Array.from({ length: 10 }, (_, minute) => askedAfter(minute)[0]);
    expect(firsts).toEqual([1_500, ...Array.from({ length: 9 }, () => 3_000)]);
    const last = delivered.filter(({ bar }) => bar.minute === firstMinute + 8).map(({ at }) => at);
    expect(Math.max(...last)).toBe(after(8, 3_150));
  });
});
