import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from '../../src/ledger/account.ts';
import { countStates, minuteStates, stateRow } from '../../src/ledger/account-state.ts';
import type { Feed } from '../../src/market/feed.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { EpochMinute } from '../../src/time/minute.ts';

const at = (minute: number) => minute as EpochMinute;
const named = (name: string) => name as MarketSymbol;
const [a, b] = [named('A'), named('B')];

/** A market that is open in the first 6 of every 10 minutes; `BTC/USD` never closes. */
const isOpen = (minute: number, symbol: string) => symbol === 'BTC/USD' || minute % 10 < 6;
const calendar = (minute: EpochMinute, symbol: MarketSymbol) => {
  let next = minute;
  while (!isOpen(next, symbol)) next = at(next + 1);
  return next;
};

const span = 60;
const advances = fc.array(
  fc.record({
    feed: fc.constantFrom<Feed>('iex', 'sip'),
    symbols: fc.uniqueArray(fc.constantFrom(a, b, named('BTC/USD'))),
    from: fc.integer({ min: 0, max: span }).map(at),
    to: fc.integer({ min: 0, max: span }).map(at),
  }),
  { maxLength: 30 },
);

/** The account as anyone would write it first: a set with a word for every minute. */
function naive(list: readonly { feed: Feed; symbols: MarketSymbol[]; from: number; to: number }[]) {
  const asked = new Set<string>();
  for (const { feed, symbols, from, to } of list)
    for (const symbol of symbols)
      for (let minute = from; minute < to; minute++) asked.add(`${feed} ${symbol} ${minute}`);
  return (symbol: string, minute: number, feed?: Feed) =>
    feed
      ? asked.has(`${feed} ${symbol} ${minute}`)
      : naiveFeeds.some((f) => asked.has(`${f} ${symbol} ${minute}`));
}
const naiveFeeds: readonly Feed[] = ['iex', 'sip'];

const questions = fc.record({
  symbol: fc.constantFrom(a, b, named('BTC/USD')),
  feed: fc.constantFrom<Feed | undefined>('iex', 'sip', undefined),
  from: fc.integer({ min: 0, max: span }),
  to: fc.integer({ min: 0, max: span }),
});

function filled(list: Parameters<Account['advance']>[0][], given = calendar) {
  const account = new Account(given);
  for (const advance of list) account.advance(advance);
  return account;
}

describe('the account of minutes', () => {
  it('covers in every open minute what a set of minutes covers', () => {
    fc.assert(
      fc.property(advances, questions, (list, { symbol, feed }) => {
        const account = filled(list);
        const asked = naive(list);
        for (let minute = 0; minute < span; minute++)
          if (isOpen(minute, symbol))
            expect(account.covers(symbol, at(minute), feed)).toBe(asked(symbol, minute, feed));
      }),
    );
  });

  it('reports as gaps the open minutes that were not asked, and no others', () => {
    fc.assert(
      fc.property(advances, questions, (list, { symbol, feed, from, to }) => {
        const asked = naive(list);
        const gaps = filled(list).gaps(symbol, { from: at(from), to: at(to) }, feed);
        const inGap = (minute: number) => gaps.some((gap) => gap.from <= minute && minute < gap.to);
        for (let minute = 0; minute < span; minute++) {
          if (!isOpen(minute, symbol)) continue;
          const wanted = minute >= from && minute < to && !asked(symbol, minute, feed);
          expect(inGap(minute)).toBe(wanted);
        }
        for (const gap of gaps) expect(isOpen(gap.from, symbol)).toBe(true);
      }),
    );
  });

  it('keeps stretches sorted, apart, and never two where one would do', () => {
    fc.assert(
      fc.property(advances, questions, (list, { symbol, feed }) => {
        const stretches = filled(list).coverage(symbol, feed);
        for (const [index, stretch] of stretches.entries()) {
          expect(stretch.from).toBeLessThan(stretch.to);
          const before = stretches[index - 1];
          if (before) expect(calendar(before.to, symbol)).toBeLessThan(stretch.from);
        }
      }),
    );
  });

  it('says until when all symbols are sealed', () => {
    fc.assert(
      fc.property(advances, questions, (list, { feed, from }) => {
        const asked = naive(list);
        const symbols = [a, b];
        let until = from;
        while (until < span && (!isOpen(until, a) || symbols.every((symbol) => asked(symbol, until, feed))))
          until++;
        const found = filled(list).sealedUntil(symbols, at(from), feed);
        expect(Math.min(found, span)).toBe(until);
      }),
    );
  });

  it('groups symbols by their gaps without losing one', () => {
    fc.assert(
      fc.property(advances, questions, (list, { feed, from, to }) => {
        const account = filled(list);
        const window = { from: at(from), to: at(to) };
        const shared = account.sharedGaps([a, b], window, feed);
        for (const symbol of [a, b]) {
          const own = shared
            .filter(({ symbols }) => symbols.includes(symbol))
            .map((gap) => ({ from: gap.from, to: gap.to }));
          expect(own).toEqual(account.gaps(symbol, window, feed));
        }
        expect(new Set(shared.map((gap) => `${gap.from} ${gap.to}`)).size).toBe(shared.length);
      }),
    );
  });

  it('gives the same with the calendar from the start and with the calendar given later', () => {
    fc.assert(
      fc.property(advances, (list) => {
        const late = filled(list, (minute) => minute);
        late.useCalendar(calendar);
        expect([...late.entries()]).toEqual([...filled(list).entries()]);
      }),
    );
  });

  it('keeps one list for symbols that were always asked together, also when the calendar changes', () => {
    const account = new Account();
    const symbols = [a, b, named('BTC/USD')];
    for (const minute of [0, 4, 5, 10])
      account.advance({ feed: 'iex', symbols, from: at(minute), to: at(minute + 1) });
    expect(account.coverage(a, 'iex')).toBe(account.coverage(b, 'iex'));
    account.useCalendar(calendar);
    expect(account.coverage(a, 'iex')).toBe(account.coverage(b, 'iex'));
    expect(account.coverage(a, 'iex')).toHaveLength(2);
    expect(account.coverage(named('BTC/USD'), 'iex')).toHaveLength(3);
    account.advance({ feed: 'iex', symbols: [b], from: at(11), to: at(12) });
    expect(account.covers(a, at(11))).toBe(false);
  });

  it('needs one stretch for a symbol that was asked every minute of many sessions', () => {
    const account = new Account(calendar);
    for (let minute = 0; minute < 1_000; minute++)
      if (isOpen(minute, a))
        account.advance({ feed: 'iex', symbols: [a], from: at(minute), to: at(minute + 1) });
    expect(account.coverage(a)).toEqual([{ from: 0, to: 996 }]);
  });

  it('is sealed for ever when there is no symbol', () => {
    expect(new Account().sealedUntil([], at(5))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the states of minutes', () => {
  const account = new Account(calendar);
  account.advance({ feed: 'iex', symbols: [a], from: at(10), to: at(14) });
  const window = { from: at(10), to: at(30) };
  const context = { closedThrough: at(24), liveFrom: at(22), isOpen };
  const named = (row: Uint8Array) => [...row].map((code) => minuteStates[code]);

  it('are bar, quiet, missing, pending, and none while the market is closed or the minute runs', () => {
    const marks = new Uint8Array(20);
    marks[0] = 1;
    marks[15] = 1;
    const states = named(stateRow(account, a, window, marks, context));
    expect(states.slice(0, 6)).toEqual(['bar', 'quiet', 'quiet', 'quiet', 'missing', 'missing']);
    expect(states.slice(6, 10)).toEqual(['none', 'none', 'none', 'none']);
    expect(states.slice(10)).toEqual(
      'missing missing pending pending pending bar none none none none'.split(' '),
    );
  });

  it('are quarantined from the minute on in which the symbol was refused', () => {
    const row = stateRow(account, a, window, undefined, { ...context, quarantinedSince: () => at(15) });
    expect(countStates(row)).toEqual({ none: 9, bar: 0, quiet: 4, pending: 0, missing: 1, quarantined: 6 });
  });
});
