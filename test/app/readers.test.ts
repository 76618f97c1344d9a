import { describe, expect, it } from 'vitest';
import {
  baseUrl,
  decimal,
  FaultyText,
  flag,
  instant,
  numberOrAuto,
  oneOf,
  type Reader,
  wholeNumber,
  words,
} from '../../src/app/config/readers.ts';

const hostile = [
  '',
  ' ',
  'x',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e3',
  '0x10',
  '1_000',
  '1,5',
  '١',
  ' 5',
  '5 ',
  '5\n',
  '--',
  'null',
  'undefined',
  '9'.repeat(400),
];

function refuses(read: Reader<unknown>, texts: readonly string[], message: RegExp): void {
  for (const text of texts) {
    let caught: unknown;
    try {
      expect(read(text), `${JSON.stringify(text)} was taken`).toBe(undefined);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(FaultyText);
    expect((caught as Error).message).toMatch(message);
  }
}

describe('wholeNumber', () => {
  const read = wholeNumber(1, 240);
  it('reads whole numbers within its bounds', () => {
    expect(['1', '5', '240', '+7', '007'].map(read)).toEqual([1, 5, 240, 7, 7]);
  });
  it('refuses all else, and says the bounds', () => {
    refuses(read, [...hostile, '0', '241', '-1', '1.5'], /^has to be a whole number from 1 to 240$/);
  });
});

describe('decimal', () => {
  const read = decimal(0, 30);
  it('reads numbers within its bounds', () => {
    expect(['0', '1.5', '30', '30.000', '+0.25'].map(read)).toEqual([0, 1.5, 30, 30, 0.25]);
  });
  it('refuses all else, and says the bounds', () => {
    refuses(read, [...hostile, '-0.1', '30.1', '.5', '1.', '1.2.3'], /^has to be a number from 0 to 30$/);
  });
});

describe('numberOrAuto', () => {
  const read = numberOrAuto(1, 1_000);
  it('reads a number or the word', () => {
    expect(['auto', '1', '1000'].map(read)).toEqual(['auto', 1, 1_000]);
  });
  it('refuses all else', () => {
    refuses(read, [...hostile, 'AUTO', '0', '1001'], /^has to be "auto" or a whole number from 1 to 1000$/);
  });
});

describe('oneOf', () => {
  const read = oneOf(['iex', 'sip']);
  it('reads the choices', () => {
    expect(['iex', 'sip'].map(read)).toEqual(['iex', 'sip']);
  });
  it('refuses all else, names of inherited members among it', () => {
    refuses(read, [...hostile, 'IEX', 'toString', '__proto__'], /^has to be one of iex, sip$/);
  });
});

describe('flag', () => {
  it('reads the usual spellings', () => {
    expect(['true', '1', 'yes', 'ON', 'True'].map(flag)).toEqual([true, true, true, true, true]);
    expect(['false', '0', 'no', 'off', 'FALSE'].map(flag)).toEqual([false, false, false, false, false]);
  });
  it('refuses all else', () => {
    refuses(flag, [...hostile, '2', 'y', 'nope', 'true false'], /^has to be true or false$/);
  });
});

describe('words', () => {
  it('reads a text that says something', () => {
    expect(words('a file.txt')).toBe('a file.txt');
    refuses(words, ['', '  ', '\n\t'], /^must not be empty$/);
  });
});

describe('instant', () => {
  it('reads ISO times with their offset, and a date as its midnight in UTC', () => {
    const expected = Date.parse('2026-01-14T14:30:00Z');
    for (const text of [
      '2026-01-14T14:30:00Z',
      '2026-01-14T09:30:00-05:00',
      '2026-01-14T14:30Z',
      '2026-01-14T14:30:00.000Z',
    ])
      expect(instant(text)).toBe(expected);
    expect(instant('2026-01-14')).toBe(Date.parse('2026-01-14T00:00:00Z'));
  });
  it('refuses all else: no offset, words, and days that do not exist', () => {
    refuses(
      instant,
      [
        ...hostile,
        '2026-01-14T14:30:00',
        'yesterday',
        '14.01.2026',
        '2026-13-01',
        '2026-02-30',
        '2026-02-30T10:00:00Z',
        '2026-01-14T25:00:00Z',
        '1768401000',
      ],
      /^has to be an ISO time with its offset, for example 2026-01-14T14:30:00Z$/,
    );
  });
});

describe('baseUrl', () => {
  it('reads the root of a server, without closing slash or version', () => {
    expect(baseUrl('https://data.alpaca.markets')).toBe('https://data.alpaca.markets');
    expect(baseUrl('https://data.alpaca.markets//')).toBe('https://data.alpaca.markets');
    expect(baseUrl('https://paper-api.alpaca.markets/v2')).toBe('https://paper-api.alpaca.markets');
    expect(baseUrl('https://paper-api.alpaca.markets/v2/')).toBe('https://paper-api.alpaca.markets');
    expect(baseUrl('http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080');
  });
  it('refuses what is no URL of a server', () => {
    refuses(
      baseUrl,
      ['', 'data.alpaca.markets', '127.0.0.1:80', '/v2', 'http://'],
      /has to be (a URL such as|an http)/,
    );
    refuses(
      baseUrl,
      ['ftp://x', 'file:///etc/passwd', 'https://x?y=1', 'https://x#y', 'javascript:1'],
      /http:\/\/ or https:\/\/ URL without a query/,
    );
    refuses(baseUrl, ['https://key:secret@x', 'https://key@x'], /must not hold a user name or a password/);
  });
});
