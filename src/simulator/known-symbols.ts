/** Large and well-known names, so that a reader recognises what the simulator streams. */
export const knownSymbols: readonly string[] = (
  'AAPL MSFT NVDA SPY QQQ AMZN GOOGL META TSLA AVGO GOOG BRK.B JPM LLY V UNH XOM MA COST HD PG JNJ WMT NFLX ' +
  'BAC CRM ABBV ORCL CVX MRK KO AMD PEP ADBE TMO LIN ACN MCD CSCO ABT WFC GE IBM DHR QCOM TXN PM NOW CAT ' +
  'INTU AMGN VZ DIS ISRG GS NEE AXP PFE SPGI RTX CMCSA T LOW UBER HON BKNG AMAT PGR UNP BLK ETN TJX BSX SYK ' +
  'COP C LMT ADP VRTX BA MU PANW SCHW DE MDT PLTR INTC F GM SBUX NKE GILD MMC CB UPS IWM DIA GLD TLT XLF ' +
  'COIN SOFI HOOD RIVN'
).split(' ');

/** Crypto pairs of the simulator, with their base prices in the quote currency. */
export const cryptoPairs: ReadonlyMap<string, number> = new Map([
  ['AAVE/USD', 280],
  ['AVAX/USD', 32],
  ['BCH/USD', 520],
  ['BTC/USD', 96_000],
  ['BTC/USDC', 96_000],
  ['BTC/USDT', 96_000],
  ['DOGE/USD', 0.31],
  ['DOT/USD', 6.4],
  ['ETH/BTC', 0.034],
  ['ETH/USD', 3_400],
  ['ETH/USDC', 3_400],
  ['ETH/USDT', 3_400],
  ['LINK/USD', 21],
  ['LTC/USD', 104],
  ['SHIB/USD', 0.000022],
  ['SOL/USD', 190],
  ['UNI/USD', 13],
  ['XRP/USD', 2.3],
]);
