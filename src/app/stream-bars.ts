import { readFile } from 'node:fs/promises';
import type { Credentials } from '../alpaca/credentials.ts';
import type { AlpacaHost, RequestReport } from '../alpaca/request.ts';
import type { HttpTransport } from '../alpaca/transport.ts';
import type { IngestSink } from '../ingest/events.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import { type Log, silentLog } from '../telemetry/log.ts';
import { systemClock } from '../time/affine-clock.ts';
import type { Clock } from '../time/clock.ts';
import { minuteOf } from '../time/minute.ts';
import { BarStream, type StartStream } from './bar-stream.ts';
import { type Environment, environmentLayer, resolveSettings } from './config/resolve.ts';
import { processEnvironment, readCredentials } from './config/environment.ts';
import { type Settings, settings as table } from './config/settings.ts';
import { createEngine } from './engine.ts';
import { createHost, createRetryPolicy } from './hosts.ts';
import { selectSymbols } from './selection.ts';

/** Settings that a caller may give; what is left out comes from the environment, then from the defaults. */
type GivenSettings = { readonly [K in keyof Omit<Settings, NotForStreams>]?: Settings[K] | undefined };

type NotForStreams =
  | 'symbols'
  | 'output'
  | 'db'
  | 'port'
  | 'host'
  | 'heal'
  | 'session'
  | 'clientKey'
  | 'clientKeysFile'
  | 'tls'
  | 'proxyMissing';

export interface StreamBarsOptions extends GivenSettings {
  readonly symbols?: readonly string[];
  /** By default `APCA_API_KEY_ID` and `APCA_API_SECRET_KEY` of the environment. */
  readonly credentials?: Credentials;
  /** Stops the stream. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Replaces the HTTP connections, for tests without sockets. */
  readonly transport?: HttpTransport;
  /** Told of each request to the data service once it is over. */
  readonly onRequest?: (report: RequestReport) => void;
  /** Where settings that are not given come from; by default the process. */
  readonly env?: Environment;
}

/**
 * Stream minute bars of many symbols from an Alpaca-compatible service, each exactly once.
 *
 * ```ts
 * for await (const bar of streamBars({ symbols: ['AAPL', 'MSFT'] })) console.log(bar.symbol, bar.c);
 * ```
 *
 * @throws FleeceError from the iteration: `usage` for a wrong option, `unauthorized` or `forbidden` when the
 * service refuses the keys or the plan, `nothing_to_poll` when it refuses every symbol.
 */
export function streamBars(options: StreamBarsOptions): BarStream {
  return new BarStream((sink, signal) => start(options, sink, signal), options.signal);
}

async function start(
  options: StreamBarsOptions,
  sink: IngestSink,
  signal: AbortSignal,
): ReturnType<StartStream> {
  const settings = settle(options);
  const { clock = systemClock, log = silentLog, transport, onRequest } = options;
  const hostAt = (baseUrl: string, report?: (report: RequestReport) => void) =>
    createHost({
      baseUrl,
      credentials: options.credentials ?? readCredentials(options.env),
      clock,
      requestsPerMinute: settings.rpm,
      timeoutMs: settings.timeout * 1000,
      ...(transport && { transport }),
      ...(report && { onRequest: report }),
    });
  const symbols = await symbolsOf(options, settings, signal, hostAt);
  const host = hostAt(settings.dataUrl, onRequest);
  const engine = createEngine({
    ...settings,
    host,
    symbols,
    settleMs: settings.settle * 1000,
    sinceMinute: settings.since === undefined ? undefined : minuteOf(settings.since),
    sink,
    log,
  });
  return { engine, close: () => host.transport.close() };
}

async function symbolsOf(
  { symbols = [], clock = systemClock, log = silentLog }: StreamBarsOptions,
  settings: Settings,
  signal: AbortSignal,
  hostAt: (baseUrl: string) => AlpacaHost,
): Promise<readonly MarketSymbol[]> {
  let host: AlpacaHost | undefined;
  const trading = () => {
    host = hostAt(settings.tradingUrl);
    return { host, retry: createRetryPolicy(clock, log) };
  };
  try {
    const universe = await selectSymbols({ named: symbols, settings, readFile, log, signal, trading });
    return universe.symbols;
  } finally {
    await host?.transport.close();
  }
}

/** Given options pass through the same readers as flags do, so that they are checked alike. */
function settle(options: StreamBarsOptions): Settings {
  const given = Object.fromEntries(
    Object.keys(table)
      .filter((name) => name !== 'symbols' && name !== 'output')
      .map((name) => [name, options[name as keyof GivenSettings]] as const)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, { text: textOf(name, value), where: `option ${name}` }]),
  );
  return resolveSettings([given, environmentLayer(options.env ?? processEnvironment())]);
}

function textOf(name: string, value: unknown): string {
  return name === 'since' && typeof value === 'number' ? new Date(value).toISOString() : String(value);
}
