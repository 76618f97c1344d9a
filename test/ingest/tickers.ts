/** Made-up tickers of letters only: digits are of a kind that the service refuses. */
export function tickerNamed(at: number): string {
  return `S${String.fromCharCode(65 + Math.floor(at / 26), 65 + (at % 26))}`;
}
