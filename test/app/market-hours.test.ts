import { expect, it } from 'vitest';
import { MarketHours } from '../../src/app/market-hours.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { type EpochMinute, minuteOf } from '../../src/time/minute.ts';

const night = minuteOf(Date.parse('2026-01-17T05:00:00Z'));
const day = minuteOf(Date.parse('2026-01-16T15:00:00Z'));
const list = (...names: string[]) => names as unknown as MarketSymbol[];

it('a minute is open to some symbols when the market of any of them is open', () => {
  const hours = new MarketHours('extended', []);
  const openTo = (symbols: MarketSymbol[]) => [day, night].map(hours.openTo(symbols));
  expect(openTo(list('AAPL', 'MSFT'))).toEqual([true, false]);
  expect(openTo(list('AAPL', 'BTC/USD'))).toEqual([true, true]);
  expect(openTo([])).toEqual([false, false]);
});

it('a weekend is looked through once, and not once for each symbol', () => {
  const hours = new MarketHours('extended', []);
  let looks = 0;
  const { calendar } = hours;
  const isOpen = calendar.isOpen.bind(calendar);
  calendar.isOpen = (...args) => {
    looks += 1;
    return isOpen(...args);
  };
  const openAt = hours.openTo(Array.from({ length: 10_000 }, (_, at) => `S${at}` as MarketSymbol));
  for (let minute = night; minute < night + 100; minute = (minute + 1) as EpochMinute) openAt(minute);
  expect(looks).toBe(100);
});
