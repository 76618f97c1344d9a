/**
 * Large and well-known names, so that a reader recognises what the simulator streams, each with a price in dollars
 * of about the right size. They are made up all the same.
 */
const famous = (
  'AAPL 235 MSFT 430 NVDA 140 SPY 595 QQQ 520 AMZN 220 GOOGL 190 META 600 TSLA 350 AVGO 230 GOOG 192 ' +
  'BRK.B 465 JPM 245 LLY 790 V 315 UNH 540 XOM 110 MA 525 COST 930 HD 395 PG 168 JNJ 146 WMT 92 ' +
  'NFLX 900 BAC 46 CRM 335 ABBV 180 ORCL 170 CVX 150 MRK 100 KO 62 AMD 125 PEP 152 ADBE 440 TMO 530 ' +
  'LIN 425 ACN 355 MCD 292 CSCO 59 ABT 115 WFC 74 GE 175 IBM 222 DHR 232 QCOM 158 TXN 190 PM 123 ' +
  'NOW 1060 CAT 365 INTU 640 AMGN 265 VZ 40 DIS 112 ISRG 530 GS 590 NEE 71 AXP 300 PFE 26 SPGI 495 ' +
  'RTX 116 CMCSA 38 T 23 LOW 248 UBER 64 HON 228 BKNG 5000 AMAT 168 PGR 242 UNP 230 BLK 1020 ETN 340 ' +
  'TJX 121 BSX 91 SYK 370 COP 100 C 71 LMT 485 ADP 295 VRTX 410 BA 175 MU 92 PANW 190 SCHW 75 DE 430 ' +
  'MDT 81 PLTR 76 INTC 20 F 10 GM 52 SBUX 92 NKE 74 GILD 93 MMC 215 CB 272 UPS 125 IWM 225 DIA 432 ' +
  'GLD 245 TLT 88 XLF 49 COIN 280 SOFI 15 HOOD 40 RIVN 14'
).split(' ');

/** Base prices of the well-known names, in the order in which the market lists them. */
export const knownPrices: ReadonlyMap<string, number> = new Map(
  famous.flatMap((word, index) => (index % 2 === 0 ? [[word, Number(famous[index + 1])] as const] : [])),
);

export const knownSymbols: readonly string[] = [...knownPrices.keys()];

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
