import { describe, expect, it } from 'vitest';
import { owedMinutes, unhealedMinutes } from '../../src/ingest/owed.ts';
import { Account } from '../../src/ledger/account.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { EpochMinute } from '../../src/time/minute.ts';

const [aapl, msft, btc] = ['AAPL', 'MSFT', 'BTC/USD'] as MarketSymbol[] as [
  MarketSymbol,
  MarketSymbol,
  MarketSymbol,
];
const at = (minute: number) => (1_000_000 + minute) as EpochMinute;

function world(watched: readonly (readonly [MarketSymbol, number])[]) {
  const account = new Account();
  return {
    account,
    watchedSince: new Map(watched.map(([symbol, minute]) => [symbol, at(minute)])),
    feed: 'iex' as const,
    liveFrom: () => at(100),
  };
}

describe('owed minutes', () => {
  it('are those since the watch began that were never asked, up to what is polled live', () => {
    const options = world([[aapl, 10]]);
    options.account.advance({ feed: 'iex', symbols: [aapl], from: at(10), to: at(40) });
    options.account.advance({ feed: 'iex', symbols: [aapl], from: at(60), to: at(70) });
    expect(owedMinutes([aapl], options)).toEqual([
      { symbols: [aapl], from: at(40), to: at(60) },
      { symbols: [aapl], from: at(70), to: at(100) },
    ]);
  });

  it('do not reach back to a day that was only backfilled', () => {
    const options = world([[aapl, 90]]);
    options.account.advance({ feed: 'iex', symbols: [aapl], from: at(-500_000), to: at(-499_000) });
    expect(owedMinutes([aapl], options)).toEqual([{ symbols: [aapl], from: at(90), to: at(100) }]);
  });

  it('are none for a symbol that nobody watches', () => {
    expect(owedMinutes([msft], world([[aapl, 10]]))).toEqual([]);
  });

  it('reach back further when somebody asks for that', () => {
    expect(owedMinutes([msft], { ...world([]), since: at(95) })).toEqual([
      { symbols: [msft], from: at(95), to: at(100) },
    ]);
  });

  it('put symbols with the same gap into one want', () => {
    expect(
      owedMinutes(
        [aapl, msft],
        world([
          [aapl, 10],
          [msft, 10],
        ]),
      ),
    ).toEqual([{ symbols: [aapl, msft], from: at(10), to: at(100) }]);
  });
});

describe('unhealed minutes', () => {
  it('are those that the consolidated feed was not asked for, of stocks only', () => {
    const options = world([
      [aapl, 10],
      [btc, 10],
    ]);
    options.account.advance({ feed: 'sip', symbols: [aapl], from: at(10), to: at(50) });
    const { liveFrom: _live, ...rest } = options;
    expect(unhealedMinutes([aapl, btc], { ...rest, healFeed: 'sip', through: at(80) })).toEqual([
      { symbols: [aapl], from: at(50), to: at(80) },
    ]);
  });
});
