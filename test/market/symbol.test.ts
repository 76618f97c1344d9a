import { describe, expect, it } from 'vitest';
import { isCryptoPair, longestSymbol, symbolFault } from '../../src/market/symbol.ts';

describe('symbolFault', () => {
  it.each(['A', 'BRK.B', 'BRK-B', 'BTC/USD', 'AAC.WS', '0029900E0', 'AAPL250117C00150000', 'ON'])(
    'leaves %s to the service',
    (text) => {
      expect(symbolFault(text)).toBeUndefined();
    },
  );

  it.each([
    ['', /empty/],
    ['A'.repeat(longestSymbol + 1), /has 33 characters/],
    ['A'.repeat(10_000), /has 10000 characters/],
    ['A B', /a space/],
    ['A\nB', /control character/],
    ['\u0000', /control character/],
    ['ÄPFEL', /outside ASCII/],
    ['A,B', /a comma/],
  ])('says why a text cannot be a symbol (%#)', (text, why) => {
    expect(symbolFault(text)).toMatch(why);
  });
});

describe('isCryptoPair', () => {
  it('tells pairs from everything else', () => {
    expect(['BTC/USD', 'SHIB/USDT', '1INCH/USD'].every(isCryptoPair)).toBe(true);
    expect(['AAPL', 'BTC', 'BTC/', '/USD', 'btc/usd', 'BTC/USD/X', 'B/U', ''].some(isCryptoPair)).toBe(false);
  });
});
