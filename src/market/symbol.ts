declare const symbolBrand: unique symbol;

/** A ticker as the service spells it: `AAPL`, `BRK.B`, `BTC/USD`. */
export type MarketSymbol = string & { readonly [symbolBrand]: 'MarketSymbol' };

/** The longest text that is taken for a symbol; the longest real one has 21 characters (an option contract). */
export const longestSymbol = 32;

const shape = /^[!-~]+$/;

/** Why `text` cannot be a symbol of any market, or undefined when the service may decide. */
export function symbolFault(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.length > longestSymbol)
    return `it has ${text.length} characters, and no symbol has over ${longestSymbol}`;
  if (!shape.test(text)) return 'it holds a space, a control character or a letter outside ASCII';
  if (text.includes(',')) return 'it holds a comma';
  return undefined;
}

const cryptoPair = /^[A-Z0-9]{2,10}\/[A-Z0-9]{2,10}$/;

/** True for a crypto pair such as `BTC/USD`, which Alpaca serves from other endpoints, around the clock. */
export function isCryptoPair(symbol: string): boolean {
  return cryptoPair.test(symbol);
}
