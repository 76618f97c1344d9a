import { readFile } from 'node:fs/promises';
import { createAlpacaBarSource } from '../../alpaca/bar-pages.ts';
import type { Credentials } from '../../alpaca/credentials.ts';
import type { AlpacaHost } from '../../alpaca/request.ts';
import type { BarSource } from '../../market/bar-source.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Clock } from '../../time/clock.ts';
import type { Settings } from '../config/settings.ts';
import { createHost, createRetryPolicy } from '../hosts.ts';
import { selectSymbols } from '../selection.ts';

/** What every command on the store runs with. */
export interface CommandContext {
  readonly settings: Settings;
  /** Symbols named on the command line. */
  readonly named: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The data service, for commands that ask it. */
export interface ServiceAccess {
  readonly host: AlpacaHost;
  readonly source: BarSource;
  close(): Promise<void>;
}

export function accessService(context: CommandContext, credentials: Credentials): ServiceAccess {
  const { settings, clock, log } = context;
  const host = hostAt(settings.dataUrl, context, credentials);
  return {
    host,
    source: createAlpacaBarSource(host, createRetryPolicy(clock, log)),
    close: () => host.transport.close(),
  };
}

function hostAt(baseUrl: string, { settings, clock }: CommandContext, credentials: Credentials): AlpacaHost {
  return createHost({
    baseUrl,
    credentials,
    clock,
    requestsPerMinute: settings.rpm,
    timeoutMs: settings.timeout * 1000,
  });
}

/** The symbols that the flags select, or undefined when they select none. */
export async function selectedSymbols(
  context: CommandContext,
  credentials: () => Credentials,
): Promise<readonly MarketSymbol[] | undefined> {
  const { settings, named, clock, log, signal } = context;
  const { symbols, symbolsFile, universe } = settings;
  if (named.length === 0 && symbols === undefined && symbolsFile === undefined && universe === undefined)
    return undefined;
  let trading: AlpacaHost | undefined;
  const reach = () => {
    trading = hostAt(settings.tradingUrl, context, credentials());
    return { host: trading, retry: createRetryPolicy(clock, log) };
  };
  try {
    return (await selectSymbols({ named, settings, readFile, log, signal, trading: reach })).symbols;
  } finally {
    await trading?.transport.close();
  }
}
