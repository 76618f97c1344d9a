import { describe, expect, it } from 'vitest';
import { converse, type WireBar, type WirePage } from './conversation.ts';

interface Snapshot {
  readonly latestTrade: { readonly p: number; readonly t: string };
  readonly latestQuote: { readonly ap: number; readonly bp: number };
  readonly minuteBar: WireBar;
  readonly dailyBar: WireBar;
  readonly prevDailyBar?: WireBar;
}

const simulator = converse({ symbols: 30, hours: 'regular' }, { rateLimit: 'off' });
const all = (symbols: string) =>
  simulator.json(`/v2/stocks/snapshots?symbols=${symbols}`) as Record<string, Snapshot>;

describe('snapshots', () => {
  it('are a bare map without the symbols that have no data', () => {
    expect(Object.keys(all('MSFT,ZZZZQ,AAPL'))).toEqual(['AAPL', 'MSFT']);
  });

  it('hold the latest minute bar, and the day folded of the minutes', () => {
    const shot = all('AAPL')['AAPL'];
    const latest = simulator.json('/v2/stocks/bars/latest?symbols=AAPL') as { bars: Record<string, WireBar> };
    expect(shot?.minuteBar).toEqual(latest.bars['AAPL']);
    const days = simulator.json(
      '/v2/stocks/bars?symbols=AAPL&timeframe=1Day&feed=iex&start=2026-01-13',
    ) as WirePage;
    expect([shot?.prevDailyBar, shot?.dailyBar]).toEqual(days.bars?.['AAPL']);
    expect(shot?.dailyBar.t).toBe('2026-01-14T05:00:00Z');
  });

  it('quote around the last trade, which is the latest close', () => {
    for (const shot of Object.values(all(simulator.market.symbols.join(',')))) {
      expect(shot.latestTrade.p).toBe(shot.minuteBar.c);
      expect(shot.latestQuote.bp).toBeLessThan(shot.latestTrade.p);
      expect(shot.latestQuote.ap).toBeGreaterThan(shot.latestTrade.p);
      expect(Date.parse(shot.latestTrade.t) - Date.parse(shot.minuteBar.t)).toBeLessThan(60_000);
    }
  });

  it('of one symbol carry its name beside the members', () => {
    expect(simulator.json('/v2/stocks/AAPL/snapshot')).toEqual({ ...all('AAPL')['AAPL'], symbol: 'AAPL' });
  });

  it('look back over a weekend for the latest bar', () => {
    const monday = converse(
      { symbols: 3, quiet: 0, hours: 'regular' },
      {},
      Date.parse('2026-01-12T10:00:00Z'),
    );
    expect(monday.json('/v2/stocks/AAPL/bars/latest')).toMatchObject({ bar: { t: '2026-01-09T20:59:00Z' } });
  });
});
