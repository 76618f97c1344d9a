import { randomBytes } from 'node:crypto';
import { dashboardRoutes } from '../../gateway/dashboard/routes.ts';
import { messageOf } from '../../errors.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { dashboardOf, pageFolder } from './dashboard-data.ts';
import { openGateway } from './gateway.ts';
import { readAccess } from './gateway-access.ts';
import type { ServiceOptions } from './options.ts';
import { queryRoute } from './query-route.ts';
import { removeServeFile, writeServeFile } from './serve-file.ts';
import { createService, type Service } from './service.ts';

/** A service with its gateway, reachable by programs, the page and the commands of the same user. */
export interface Daemon {
  readonly service: Service;
  readonly gateway: Gateway;
  /** Work until the signal fires or the wanted minutes are there. */
  run(signal: AbortSignal): Promise<void>;
  /** Clients get a close, what is pending is kept, the file is let go. */
  close(): Promise<void>;
}

/** @throws FleeceError `usage` or `store` when the settings, the address or the store can't be used. */
export async function startDaemon(options: ServiceOptions): Promise<Daemon> {
  const { settings, clock, log } = options;
  const access = await readAccess(settings, clock.now(), log);
  const service = await createService(options);
  const { db } = service.settings;
  const token = randomBytes(24).toString('base64url');
  let gateway: Gateway | undefined;
  const dashboard = dashboardOf(service, log, () => gateway?.clients ?? 0);
  try {
    const opened = await openGateway({
      service,
      access,
      log,
      routes: [
        queryRoute(service.store, token, () => service.recorder.flushUnlessFailing()),
        ...dashboardRoutes({ data: dashboard.data, folder: pageFolder }),
      ],
      staticFolder: pageFolder,
    });
    gateway = opened;
    announce(options, opened, token);
    return {
      service,
      gateway: opened,
      run: (signal) => service.run(signal),
      close: async () => {
        removeServeFile(db, process.pid);
        await opened.close();
        await dashboard.close();
        await service.close();
      },
    };
  } catch (error) {
    await gateway?.close();
    await dashboard.close();
    await service.close();
    throw error;
  }
}

/** Tell the commands of the same user. Without that, on a full disk, the daemon serves all the same. */
function announce({ settings, log }: ServiceOptions, { url }: Gateway, token: string): void {
  try {
    writeServeFile(settings.db, { pid: process.pid, url, token });
  } catch (error) {
    log.warn(`fleece query cannot reach this daemon: ${messageOf(error)}`);
  }
}
