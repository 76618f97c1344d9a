import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FleeceError } from '../../errors.ts';
import type { KeyPair } from '../../gateway/guard/key-ring.ts';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import type { TlsFiles } from '../../gateway/http/listener.ts';
import type { Route } from '../../gateway/http/route.ts';
import { localTls, readTls } from '../../gateway/tls/load-tls.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Settings } from '../config/settings.ts';
import { historyOf } from './history.ts';
import { marketClockOf } from './market-clock.ts';
import { missingBars } from './missing.ts';
import type { Service } from './service.ts';
import { snapshotOf } from './snapshot.ts';
import { UniverseDesk } from './universe-desk.ts';

export interface ServiceGatewayOptions {
  readonly service: Service;
  readonly log: Log;
  readonly routes?: readonly Route[];
  readonly staticFolder?: string;
}

/** Open the service to programs, in Alpaca's own protocols. */
export async function openGateway({
  service,
  log,
  routes,
  staticFolder,
}: ServiceGatewayOptions): Promise<Gateway> {
  const { settings, clock, bus, store, recorder, engine, hours, source } = service;
  const startedAt = clock.now();
  const { account } = store.memory;
  const desk = new UniverseDesk(engine, recorder, clock, service.isSelected);
  const isPolled = (symbol: Parameters<UniverseDesk['has']>[0]) => desk.has(symbol);
  const { feed, lookback } = settings;
  const missing = missingBars({ source, recorder, log, account, hours, feed, clock, lookback, isPolled });
  const tls = await tlsOf(settings, clock.now(), log);
  return startGateway({
    host: settings.host,
    port: settings.port,
    clock,
    feed,
    bus,
    history: historyOf(store, recorder),
    universe: desk,
    status: { snapshot: () => snapshotOf(service, startedAt) },
    market: marketClockOf(hours),
    clientKeys: await clientKeysOf(settings),
    log: {
      warn: (fields, message) => log.warn(message, textFields(fields)),
      error: (fields, message) => log.error(message, textFields(fields)),
    },
    ...(settings.proxyMissing && { backfill: missing }),
    ...(tls && { tls }),
    ...(routes && { routes }),
    ...(staticFolder !== undefined && { staticFolder }),
  });
}

/** The keys that clients have to show, from `--client-key` and the file. */
async function clientKeysOf({ clientKey, clientKeysFile }: Settings): Promise<KeyPair[]> {
  const pairs = clientKey?.split(',') ?? [];
  if (clientKeysFile !== undefined) {
    const text = await readFile(clientKeysFile, 'utf8').catch(() => {
      throw new FleeceError('usage', `--client-keys-file: cannot read ${clientKeysFile}`);
    });
    pairs.push(...text.split('\n'));
  }
  return pairs
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !pair.startsWith('#'))
    .map((pair, at) => {
      const [keyId, secret, ...rest] = pair.split(':');
      if (keyId && secret && rest.length === 0) return { id: keyId, secret };
      // The pair itself is a secret: only its place is told.
      throw new FleeceError('usage', `client key ${at + 1} has to have the form ID:SECRET`);
    });
}

async function tlsOf(settings: Settings, now: number, log: Log): Promise<TlsFiles | undefined> {
  if (settings.tls === undefined) return undefined;
  if (settings.tls !== 'auto') {
    const [cert, key, ...rest] = settings.tls.split(',');
    if (cert && key && rest.length === 0) return readTls(cert, key);
    throw new FleeceError('usage', '--tls has to be "auto" or CERT,KEY: two PEM files');
  }
  const tls = await localTls(join(dirname(settings.db), 'tls'), settings.host, now);
  log.info(`programs that connect by wss:// or https:// have to trust ${tls.authorityFile}`);
  return tls;
}

function textFields(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? value.message : JSON.stringify(value),
    ]),
  );
}
