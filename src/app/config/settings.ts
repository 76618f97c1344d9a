import { stockFeeds } from '../../market/feed.ts';
import { largestBatch } from '../../plan/matrix.ts';
import { sessionKinds } from '../../time/session.ts';
import { modes } from '../../plan/modes.ts';
import {
  autoOrPair,
  baseUrl,
  decimal,
  flag,
  instant,
  numberOrAuto,
  oneOf,
  type Reader,
  wholeNumber,
  words,
} from './readers.ts';

/** One setting: where it can be given, how it is read, and what it is when nobody gives it. */
export interface Setting<T> {
  /** Its long flag with the argument's name, or undefined where a flag would be wrong. */
  readonly flag?: string;
  readonly env: string;
  readonly describe: string;
  readonly read: Reader<T>;
  readonly fallback: NoInfer<T>;
}

function setting<T>(value: Setting<T>): Setting<T> {
  return value;
}

function optional<T>(
  value: Omit<Setting<T>, 'fallback'>,
): Setting<T | undefined> & { readonly fallback: undefined } {
  return { ...value, fallback: undefined };
}

/** Every default of the program lives here. The key is the setting's name in a config file. */
export const settings = {
  symbols: optional({
    env: 'FLEECE_SYMBOLS',
    describe: 'symbols, separated by commas',
    read: words,
  }),
  symbolsFile: optional({
    flag: '--symbols-file <file>',
    env: 'FLEECE_SYMBOLS_FILE',
    describe: 'symbols from a file: one a line, or CSV with a "symbol" column; .gz too; - is stdin',
    read: words,
  }),
  universe: optional({
    flag: '--universe <name>',
    env: 'FLEECE_UNIVERSE',
    describe: 'assets: all active US equities of the service; sp500: the bundled list',
    read: oneOf(['assets', 'sp500']),
  }),
  feed: setting({
    flag: '--feed <feed>',
    env: 'FLEECE_FEED',
    describe: `where bars come from: ${stockFeeds.join(', ')} (sip in real time needs a paid plan)`,
    read: oneOf(stockFeeds),
    fallback: 'iex',
  }),
  mode: setting({
    flag: '--mode <mode>',
    env: 'FLEECE_MODE',
    describe:
      'sequential (1 symbol a request), concurrent (1, ten at once), batch (25), hybrid (sized, a few at once)',
    read: oneOf(modes),
    fallback: 'hybrid',
  }),
  useBatchPolling: setting({
    env: 'USE_BATCH_POLLING',
    describe: 'false: one symbol a request, whatever the mode of the same or a lower layer says',
    read: flag,
    fallback: true,
  }),
  batchSize: optional({
    flag: '--batch-size <n|auto>',
    env: 'FLEECE_BATCH_SIZE',
    describe: `symbols a request, up to ${largestBatch}; auto: 10, 25, 50 or 100 (default: as the mode says)`,
    read: numberOrAuto(1, largestBatch),
  }),
  concurrency: optional({
    flag: '--concurrency <n>',
    env: 'FLEECE_CONCURRENCY',
    describe: 'requests in flight (default: as the mode says)',
    read: wholeNumber(1, 64),
  }),
  rpm: setting({
    flag: '--rpm <n>',
    env: 'FLEECE_RPM',
    describe: 'requests a minute that may be sent; the free plan has 200',
    read: wholeNumber(1, 10_000),
    fallback: 180,
  }),
  lookback: setting({
    flag: '--lookback <min>',
    env: 'FLEECE_LOOKBACK',
    describe: 'minutes for which each poll looks back for late and revised bars',
    read: wholeNumber(1, 240),
    fallback: 5,
  }),
  settle: setting({
    flag: '--settle <seconds>',
    env: 'FLEECE_SETTLE',
    describe: 'from the end of a minute to its first poll, in seconds',
    read: decimal(0, 30),
    fallback: 1.5,
  }),
  settleMinutes: setting({
    flag: '--settle-minutes <n>',
    env: 'FLEECE_SETTLE_MINUTES',
    describe: 'with --minutes: how long to go on for the corrections of the last minute',
    read: wholeNumber(0, 240),
    fallback: 2,
  }),
  minutes: optional({
    flag: '--minutes <n>',
    env: 'FLEECE_MINUTES',
    describe: 'stop after so many minutes are delivered (default: run until stopped)',
    read: wholeNumber(1, 1_000_000),
  }),
  since: optional({
    flag: '--since <time>',
    env: 'FLEECE_SINCE',
    describe: 'also deliver the bars since this time (default: only minutes that close after the start)',
    read: instant,
  }),
  timeout: setting({
    flag: '--timeout <seconds>',
    env: 'FLEECE_TIMEOUT',
    describe: 'how long a request may take, in seconds of real time',
    read: decimal(0.1, 300),
    fallback: 10,
  }),
  output: optional({
    flag: '--output <form>',
    env: 'FLEECE_OUTPUT',
    describe: 'ndjson or pretty (default: pretty on a terminal, else ndjson)',
    read: oneOf(['ndjson', 'pretty']),
  }),
  db: setting({
    flag: '--db <path>',
    env: 'FLEECE_DB',
    describe: 'the file that bars are kept in',
    read: words,
    fallback: './data/fleece.duckdb',
  }),
  port: setting({
    flag: '--port <n>',
    env: 'FLEECE_PORT',
    describe: 'the port that programs and the page connect to; 0: any free one',
    read: wholeNumber(0, 65_535),
    fallback: 8_765,
  }),
  host: setting({
    flag: '--host <address>',
    env: 'FLEECE_HOST',
    describe: 'the address to listen on; any but loopback needs --client-key',
    read: words,
    fallback: '127.0.0.1',
  }),
  clientKey: optional({
    flag: '--client-key <id:secret>',
    env: 'FLEECE_CLIENT_KEY',
    describe: 'keys that programs have to show, several with commas; better in the environment or a file',
    read: words,
  }),
  clientKeysFile: optional({
    flag: '--client-keys-file <file>',
    env: 'FLEECE_CLIENT_KEYS_FILE',
    describe: 'the same, one pair a line',
    read: words,
  }),
  tls: optional({
    flag: '--tls <auto|cert,key>',
    env: 'FLEECE_TLS',
    describe: 'serve wss:// and https:// too: auto makes a local authority, or name two PEM files',
    read: autoOrPair,
  }),
  proxyMissing: setting({
    flag: '--proxy-missing <true|false>',
    env: 'FLEECE_PROXY_MISSING',
    describe: 'fetch what a program asks for and the store lacks',
    read: flag,
    fallback: true,
  }),
  heal: optional({
    flag: '--heal <feed>',
    env: 'FLEECE_HEAL',
    describe:
      'sip: replace bars with consolidated ones when they are 16 minutes old; none (default: sip when the feed is iex)',
    read: oneOf(['sip', 'none']),
  }),
  session: setting({
    flag: '--session <hours>',
    env: 'FLEECE_SESSION',
    describe: 'when stocks are polled: regular (09:30 to 16:00 New York), extended (04:00 to 20:00), all',
    read: oneOf(sessionKinds),
    fallback: 'extended',
  }),
  dataUrl: setting({
    env: 'APCA_API_DATA_URL',
    describe: 'the market data service',
    read: baseUrl,
    fallback: 'https://data.alpaca.markets',
  }),
  tradingUrl: setting({
    env: 'APCA_API_BASE_URL',
    describe: 'the trading service, for assets, clock and calendar',
    read: baseUrl,
    fallback: 'https://paper-api.alpaca.markets',
  }),
} as const;

export type SettingName = keyof typeof settings;

/** The settings of a run, read and checked. */
export type Settings = {
  readonly [K in SettingName]: ReturnType<(typeof settings)[K]['read']> | (typeof settings)[K]['fallback'];
};
