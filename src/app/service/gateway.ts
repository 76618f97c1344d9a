import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import type { Route } from '../../gateway/http/route.ts';
import type { Log } from '../../telemetry/log.ts';
import type { GatewayAccess } from './gateway-access.ts';
import { historyOf } from './history.ts';
import { marketClockOf } from './market-clock.ts';
import { missingBars } from './missing.ts';
import type { Service } from './service.ts';
import { snapshotOf } from './snapshot.ts';
import { UniverseDesk } from './universe-desk.ts';

export interface ServiceGatewayOptions {
  readonly service: Service;
  readonly access: GatewayAccess;
  readonly log: Log;
  readonly routes?: readonly Route[];
  readonly staticFolder?: string;
}

/** Open the service to programs, in Alpaca's own protocols. */
export async function openGateway({
  service,
  access,
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
  const { clientKeys, tls } = access;
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
    clientKeys,
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

function textFields(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? value.message : JSON.stringify(value),
    ]),
  );
}
