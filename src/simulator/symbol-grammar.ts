const stock = /^[A-Z]{1,6}(\.[A-Z]{1,2})?$/;
/** Preferred shares: listed as assets, refused by the data endpoints. */
const preferred = /\.P[A-Z]$/;
const pair = /^[A-Z]+\/[A-Z]+$/;

/** True when the stock data endpoints take the text for a symbol, whether it exists or not. */
export function isStockSymbol(text: string): boolean {
  return stock.test(text) && !preferred.test(text);
}

/** True when the crypto endpoints take the text for a pair, whether it exists or not. */
export function isPair(text: string): boolean {
  return pair.test(text);
}
