import { describe, expect, it } from 'vitest';
import {
  cutAt,
  firstMinute,
  lastMinute,
  rangeOf,
  settledUntil,
} from '../../../src/app/commands/minute-range.ts';
import { minuteOf, toIsoMinute } from '../../../src/time/minute.ts';

const first = (text: string) => toIsoMinute(firstMinute(text));
const last = (text: string) => toIsoMinute(lastMinute(text));
const minute = (iso: string) => minuteOf(Date.parse(iso));

describe('--from and --to', () => {
  it('are whole days of New York where they are dates, in winter and in summer', () => {
    expect([first('2026-01-14'), last('2026-01-14')]).toEqual([
      '2026-01-14T05:00:00Z',
      '2026-01-15T04:59:00Z',
    ]);
    expect([first('2026-07-14'), last('2026-07-14')]).toEqual([
      '2026-07-14T04:00:00Z',
      '2026-07-15T03:59:00Z',
    ]);
  });

  it('are 23 and 25 hours long on the days on which the clocks change', () => {
    const length = (date: string) => lastMinute(date) - firstMinute(date) + 1;
    expect([length('2026-03-08'), length('2026-11-01')]).toEqual([23 * 60, 25 * 60]);
  });

  it('are minutes where they are times: the first that starts then or later, and the one that a time lies in', () => {
    expect(first('2026-01-14T09:30:00-05:00')).toBe('2026-01-14T14:30:00Z');
    expect(first('2026-01-14T14:30:00.001Z')).toBe('2026-01-14T14:31:00Z');
    expect(last('2026-01-14T14:30:59Z')).toBe('2026-01-14T14:30:00Z');
  });

  it.each(['', 'today', '2026-02-30', '2026-1-4', '14:30', '2026-01-14T14:30:00', '2026-01-14 14:30Z', '0'])(
    'refuse %j',
    (text) => {
      for (const read of [firstMinute, lastMinute])
        expect(() => read(text)).toThrow(/has to be a date in New York such as/);
    },
  );

  it('make a range that may be one minute long, and none that ends before it starts', () => {
    const at = minute('2026-01-14T14:30:00Z');
    expect(rangeOf(at, at)).toEqual({ from: at, to: at + 1 });
    expect(() => rangeOf(minute('2026-01-14T14:31:00Z'), at)).toThrow(/--from has to lie before --to/);
  });
});

describe('what is settled', () => {
  const now = Date.parse('2026-01-14T15:00:30Z');
  it('ends before the lookback, and for sip before the minutes that the free plan may not read', () => {
    expect(toIsoMinute(settledUntil(now, 'iex', 5))).toBe('2026-01-14T14:55:00Z');
    expect(toIsoMinute(settledUntil(now, 'sip', 5))).toBe('2026-01-14T14:44:00Z');
    expect(toIsoMinute(settledUntil(now, 'sip', 30))).toBe('2026-01-14T14:30:00Z');
  });

  it('leaves nothing of a range that starts later', () => {
    const range = rangeOf(minute('2026-01-14T14:50:00Z'), minute('2026-01-14T14:59:00Z'));
    const cut = (iso: string) => {
      const { from, to } = cutAt(range, minute(iso));
      return to - from;
    };
    expect([cut('2026-01-14T14:40:00Z'), cut('2026-01-14T14:55:00Z'), cut('2026-01-14T16:00:00Z')]).toEqual([
      0, 5, 10,
    ]);
  });
});
