import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSymbolArguments, parseSymbols } from '../../src/universe/symbol-list.ts';

const shared = new URL('../../../shared/data/universe/', import.meta.url);

describe('a list with one symbol a line', () => {
  it('skips blank lines and comments, and trims', () => {
    const text = '# my list\n\n  AAPL  \nMSFT # the other one\n\t\n#GOOG\nBRK.B\n';
    expect(parseSymbols(text, 'mine.txt').symbols).toEqual(['AAPL', 'MSFT', 'BRK.B']);
  });

  it('takes a byte order mark and any kind of line end', () => {
    expect(parseSymbols('\uFEFFAAPL\r\nMSFT\rGOOG\nTSLA', 'mine.txt').symbols).toEqual([
      'AAPL',
      'MSFT',
      'GOOG',
      'TSLA',
    ]);
  });

  it('writes symbols in upper case and counts the duplicates that it drops', () => {
    expect(parseSymbols('aapl\nMSFT\nAapl\nmsft\n', 'mine.txt')).toEqual({
      symbols: ['AAPL', 'MSFT'],
      duplicates: 2,
    });
  });

  it('lets doubtful names pass for the service to decide', () => {
    expect(parseSymbols('BRK-B\nGME1\nATC.220816\nBTC/USD', 'x').symbols).toEqual([
      'BRK-B',
      'GME1',
      'ATC.220816',
      'BTC/USD',
    ]);
  });

  it('keeps every symbol, whatever the line ends, case and comments around them', () => {
    const symbol = fc.stringMatching(/^[A-Z]{1,5}(\.[A-Z]{1,2})?$/).filter((text) => text !== 'SYMBOL');
    const noise = fc.constantFrom('', '  ', '# a comment, with a comma', '#');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(symbol, noise, fc.boolean()), { minLength: 1 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        (entries, end) => {
          const text = entries.map(([s, n, low]) => `${n}${end}${low ? s.toLowerCase() : s}${end}`).join('');
          expect(parseSymbols(text, 'mine.txt').symbols).toEqual([...new Set(entries.map(([s]) => s))]);
        },
      ),
    );
  });
});

describe('a CSV list', () => {
  it('finds the symbol column wherever it stands and however it is written', () => {
    const text =
      '# source: me\nName,"SYMBOL ",Exchange\n"Apple, Inc. #1",AAPL,NASDAQ\n"A ""B""",msft,NYSE\n,,\n';
    expect(parseSymbols(text, 'mine.csv').symbols).toEqual(['AAPL', 'MSFT']);
  });

  it('takes a single column, semicolons and tabs', () => {
    expect(parseSymbols('symbol\nAAPL\nMSFT', 'stdin').symbols).toEqual(['AAPL', 'MSFT']);
    expect(parseSymbols('"Symbol"\n"AAPL"', 'mine.txt').symbols).toEqual(['AAPL']);
    expect(parseSymbols('name;Symbol\r\nApple;AAPL\r\n', 'mine.csv').symbols).toEqual(['AAPL']);
    expect(parseSymbols('name\tsymbol\nApple, Inc.\tAAPL\n', 'mine.tsv').symbols).toEqual(['AAPL']);
  });

  it('takes rows that are longer than the header, and quoted line ends', () => {
    expect(parseSymbols('symbol,name\nAAPL,Apple,x,y\nMSFT,"a\nb"\n', 'mine.csv').symbols).toEqual([
      'AAPL',
      'MSFT',
    ]);
  });

  it('does not take a column called __proto__ or constructor for anything', () => {
    expect(parseSymbols('__proto__,constructor,symbol\nx,y,AAPL\n', 'mine.csv').symbols).toEqual(['AAPL']);
  });

  it('is refused without a symbol column, with the columns it has', () => {
    expect(() => parseSymbols('ticker,name\nAAPL,Apple\n', 'mine.csv')).toThrow(
      /mine\.csv has no column "symbol" \(its first line has "ticker", "name"\)/,
    );
    expect(() => parseSymbols('AAPL,MSFT,GOOG\n', 'mine.txt')).toThrow(/one symbol a line/);
    expect(() => parseSymbols('ticker\nAAPL\n', 'mine.csv')).toThrow(/no column "symbol"/);
  });

  it('is refused with an unclosed quote or a row without its symbol, with the line', () => {
    expect(() => parseSymbols('symbol,name\nAAPL,"Apple\n', 'mine.csv')).toThrow(
      /mine\.csv:\d+ is not valid CSV/,
    );
    expect(() => parseSymbols('symbol,name\nAAPL,Apple\n,Nobody\n', 'mine.csv')).toThrow(
      /mine\.csv:3: "" cannot be a symbol: it is empty/,
    );
  });
});

describe('what is no list of symbols', () => {
  it.each(['', '\n\n', '# only\n# comments\n', '\uFEFF', 'symbol,name\n', 'symbol\n'])(
    '%j is empty',
    (text) => {
      expect(() => parseSymbols(text, 'mine.txt')).toThrow(/mine\.txt holds no symbols; a list is/);
    },
  );

  it('is named by its place, shortly', () => {
    expect(() => parseSymbols(`AAPL\n\n${'X'.repeat(10_000)}\n`, 'mine.txt')).toThrow(
      new RegExp(`^mine\\.txt:3: "X{40}\\.\\.\\." cannot be a symbol: it has 10000 characters`),
    );
    expect(() => parseSymbols('AAPL\nhello world\n', 'mine.txt')).toThrow(/mine\.txt:2: "hello world"/);
    expect(() => parseSymbols('ÄÖÜ\n', 'mine.txt')).toThrow(/a letter outside ASCII/);
  });

  it('is refused when it is binary', () => {
    expect(() => parseSymbols('PK\u0003\u0004\u0000\u0000junk', 'mine.xlsx')).toThrow(/not a text file/);
    expect(() => parseSymbols('AAPL\u001B[2J', 'mine.txt')).toThrow(/not a text file/);
  });

  it('only ever fails with a usage error of one short line', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.constantFrom('a.txt', 'a.csv'),
        (text, name) => {
          try {
            expect(parseSymbols(text, name).symbols.length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toMatchObject({ name: 'FleeceError', code: 'usage' });
            expect((error as Error).message.length).toBeLessThan(800);
            expect((error as Error).message).not.toMatch(/\p{Cc}|\p{Cf}/u);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('symbols on the command line', () => {
  it('may be separate or joined by commas', () => {
    expect(parseSymbolArguments(['aapl', 'MSFT,GOOG', 'AAPL', 'TSLA,'])).toEqual({
      symbols: ['AAPL', 'MSFT', 'GOOG', 'TSLA'],
      duplicates: 1,
    });
    expect(parseSymbolArguments([])).toEqual({ symbols: [], duplicates: 0 });
  });

  it('are named when they are wrong', () => {
    expect(() => parseSymbolArguments(['AAPL', 'A B'])).toThrow(/symbol argument 2: "A B"/);
    expect(() => parseSymbolArguments([''])).toThrow(/symbol argument 1: "" cannot be a symbol: it is empty/);
  });
});

describe('the real list of all active symbols', () => {
  const file = new URL('alpaca-active-2025-07-07.csv.gz', shared);
  it.skipIf(!existsSync(file))(`is read whole (needs ../shared/data/universe/)`, () => {
    const text = gunzipSync(readFileSync(file)).toString('utf8');
    const { symbols, duplicates } = parseSymbols(text, 'alpaca-active.csv');
    expect(symbols).toHaveLength(11_635);
    expect(duplicates).toBe(0);
    expect(symbols).toContain('BRK.B');
  });
});
