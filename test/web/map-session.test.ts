import { describe, expect, it } from 'vitest';
import { kindFor, mapSession } from '../../src/app/service/dashboard-session.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { MarketCalendar } from '../../src/time/session.ts';

const calendar = new MarketCalendar();
const minute = (text: string) => Date.parse(text) / 60_000;

describe('the session that the map shows', () => {
  it('is the one under way, with its regular hours', () => {
    expect(mapSession(calendar, 'extended', Date.parse('2026-01-14T15:30:00Z'), undefined)).toEqual({
      date: '2026-01-14',
      from: minute('2026-01-14T09:00:00Z'),
      to: minute('2026-01-15T01:00:00Z'),
      regular: { from: minute('2026-01-14T14:30:00Z'), to: minute('2026-01-14T21:00:00Z') },
      previousDate: '2026-01-13',
      nextDate: null,
    });
  });

  it('is the last one on a weekend, and before the market opens', () => {
    const saturday = mapSession(calendar, 'extended', Date.parse('2026-01-17T15:00:00Z'), undefined);
    expect(saturday.date).toBe('2026-01-16');
    const early = mapSession(calendar, 'regular', Date.parse('2026-01-14T12:00:00Z'), undefined);
    expect([early.date, early.regular]).toEqual(['2026-01-13', null]);
  });

  it('is empty on a holiday, with the trading days around it', () => {
    const holiday = mapSession(calendar, 'extended', Date.parse('2026-01-22T15:00:00Z'), '2026-01-19');
    expect(holiday.from).toBe(holiday.to);
    expect([holiday.previousDate, holiday.nextDate]).toEqual(['2026-01-16', '2026-01-20']);
  });

  it('ends early where the market does', () => {
    const short = mapSession(calendar, 'regular', Date.parse('2026-12-01T15:00:00Z'), '2026-11-27');
    expect(short.to - short.from).toBe(210);
  });

  it('lasts all day when only crypto pairs are polled', () => {
    const pairs = ['BTC/USD', 'ETH/USD'] as MarketSymbol[];
    expect(kindFor(pairs, 'extended')).toBe('all');
    expect(kindFor([...pairs, 'AAPL' as MarketSymbol], 'extended')).toBe('extended');
    const day = mapSession(calendar, 'all', Date.parse('2026-01-17T15:00:00Z'), undefined);
    expect([day.date, day.to - day.from]).toEqual(['2026-01-17', 1440]);
  });
});
