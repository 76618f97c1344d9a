import { randomBytes } from 'node:crypto';
import type { Gateway } from '../../gateway/gateway.ts';
import { openGateway } from './gateway.ts';
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
  const service = await createService(options);
  const { db } = service.settings;
  const token = randomBytes(24).toString('base64url');
  try {
    const gateway = await openGateway({
      service,
      log: options.log,
      routes: [queryRoute(service.store, token)],
    });
    writeServeFile(db, { pid: process.pid, url: gateway.url, token });
    return {
      service,
      gateway,
      run: (signal) => service.run(signal),
      close: async () => {
        removeServeFile(db, process.pid);
        await gateway.close();
        await service.close();
      },
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}
