import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseBarsFile, parseSymbolsFile } from '../../src/simulator/bars-file.ts';
import { createMarket } from '../../src/simulator/market.ts';
import { converse, walkPages } from './conversation.ts';
import { hasShared, sharedBytes, sharedText } from './shared-material.ts';

const bytes = (text: string) => Buffer.from(text);
const small =
  'symbol,t,o,h,l,c,v\nAAPL,2025-01-02T14:30:00Z,10,12,9,11,500\nAAPL,2025-01-02T14:32:00Z,11,11,11,11,7\n';

describe('a file of recorded bars', () => {
  it('is read plain and packed alike', () => {
    expect(parseBarsFile(bytes(small), 'x.csv')).toHaveLength(2);
    expect(parseBarsFile(gzipSync(small), 'x.csv.gz')).toEqual(parseBarsFile(bytes(small), 'x.csv'));
  });

  it.each([
    ['no column l', 'symbol,t,o,h,c\nA,2025-01-02T14:30:00Z,1,1,1\n'],
    ['line 2: "soon" is not the start of a minute', 'symbol,t,o,h,l,c\nA,soon,1,1,1,1\n'],
    ['line 2: "2025-01-02T14:30:30Z"', 'symbol,t,o,h,l,c\nA,2025-01-02T14:30:30Z,1,1,1,1\n'],
    ['line 2: "x" is not a number', 'symbol,t,o,h,l,c\nA,2025-01-02T14:30:00Z,1,x,1,1\n'],
    ['line 2: "" is not a number', 'symbol,t,o,h,l,c\nA,2025-01-02T14:30:00Z,1,,1,1\n'],
    [
      'line 3: a second bar of A',
      'symbol,t,o,h,l,c\nA,2025-01-02T14:30:00Z,1,1,1,1\nA,2025-01-02T14:30:00Z,1,1,1,1\n',
    ],
    ['holds no bars', 'symbol,t,o,h,l,c\n'],
    ['not a CSV file', 'symbol,t,o,h,l,c\nA,"2\n'],
    ['not a CSV file', 'symbol,t,o,h,l,c\nA,2025-01-02T14:30:00Z,1,1,1\n'],
  ])('is refused by name: %s', (reason, text) => {
    expect(() => parseBarsFile(bytes(text), 'day.csv')).toThrow(reason);
    expect(() => parseBarsFile(bytes(text), 'day.csv')).toThrow(/^day\.csv/);
  });

  it('that is damaged is refused by name', () => {
    expect(() => parseBarsFile(gzipSync(small).subarray(0, 40), 'day.csv.gz')).toThrow(/^day\.csv\.gz/);
  });
});

describe('a list of symbols in a file', () => {
  it('is one a line or a column of that name, each symbol once', () => {
    expect(parseSymbolsFile(bytes('# mine\nAAPL\n\nMSFT\nAAPL\n'), 'x')).toEqual(['AAPL', 'MSFT']);
    expect(parseSymbolsFile(bytes('name,Symbol\n"Apple, Inc.",AAPL\n'), 'x')).toEqual(['AAPL']);
  });

  it.each(['', 'symbol\n', 'not a symbol at all\n', `${'X'.repeat(10_000)}\n`])('is refused: %j', (text) => {
    expect(() => parseSymbolsFile(bytes(text), 'list.txt')).toThrow(/^list\.txt/);
  });
});

describe('a replayed day', () => {
  it('shows the recorded values, and only the minutes that were recorded', () => {
    const market = createMarket({ bars: parseBarsFile(bytes(small), 'x') });
    const minute = Date.parse('2025-01-02T14:30:00Z') / 60_000;
    const later = Date.parse('2025-01-03T00:00:00Z');
    expect(market.symbols).toEqual(['AAPL']);
    expect(market.at('AAPL', minute, later)).toMatchObject({ o: 10, h: 12, l: 9, c: 11, v: 500 });
    expect(market.at('AAPL', minute + 1, later)).toBeUndefined();
    expect(market.candidate('AAPL', minute + 1, 1)).toBe(minute + 2);
    expect(market.candidate('AAPL', minute + 1, -1)).toBe(minute);
    expect(market.candidate('AAPL', minute + 3, 1)).toBeUndefined();
  });

  it('makes up what the file lacks, the same each time and within the bar', () => {
    const text = 'symbol,t,o,h,l,c\nA,2025-01-02T14:30:00Z,10,12,9,11\n';
    const minute = Date.parse('2025-01-02T14:30:00Z') / 60_000;
    const read = () =>
      createMarket({ bars: parseBarsFile(bytes(text), 'x') }).at('A', minute, (minute + 10) * 60_000);
    const bar = read();
    expect(bar).toEqual(read());
    expect(bar?.v).toBeGreaterThanOrEqual(1);
    expect(bar?.n).toBeGreaterThanOrEqual(1);
    expect(bar?.vw).toBeGreaterThanOrEqual(9);
    expect(bar?.vw).toBeLessThanOrEqual(12);
  });

  it
    .skipIf(!hasShared('data/minute-bars'))
    .each([
      'data/minute-bars/sparse-2026-01/2026-01-14.csv.gz',
      'data/minute-bars/consolidated-2025-01/2025-01-02.csv.gz',
    ])('accounts for every row of %s', (file) => {
    const rows = parseBarsFile(sharedBytes(file), file);
    const sorted = rows.map(({ minute }) => minute).sort((a, b) => a - b);
    const [first = 0, last = 0] = [sorted[0], sorted[sorted.length - 1]];
    const market = createMarket({ bars: rows, revised: 0.1, late: 0.02 });
    const conversation = converse(market, { rateLimit: 'off' }, (last + 30) * 60_000);
    const iso = (minute: number) => new Date(minute * 60_000).toISOString();
    const pages = walkPages(
      conversation,
      `/v2/stocks/bars?symbols=${market.symbols.join(',')}&timeframe=1Min&feed=iex&limit=10000&start=${iso(first)}&end=${iso(last)}`,
    );
    const served = pages.flatMap(({ bars }) =>
      Object.entries(bars ?? {}).flatMap(([symbol, own]) =>
        own.map(({ t, o, h, l, c }) => `${symbol},${t},${o},${h},${l},${c}`),
      ),
    );
    const recorded = sharedText(file)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => {
        const [symbol, t, ...prices] = line.split(',');
        return `${symbol},${t},${prices.slice(0, 4).map(Number).join(',')}`;
      });
    expect(served.sort()).toEqual(recorded.sort());
  });
});
