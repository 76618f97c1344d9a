import { join } from 'node:path';
import type { GatewayOptions } from '../../src/gateway/gateway.ts';
import { dashboardRoutes } from '../../src/gateway/dashboard/routes.ts';
import { startWorld, type World } from '../gateway/support/world.ts';
import { MadeUpData } from './made-up-data.ts';

export const pageFolder = join(import.meta.dirname, '../../dist/web');

export interface FakeServer {
  readonly world: World;
  readonly data: MadeUpData;
}

/** The gateway with the page on it, before a daemon that makes everything up. */
export async function startFakeServer(
  symbols: number,
  options: Partial<GatewayOptions> = {},
): Promise<FakeServer> {
  const data = new MadeUpData(symbols);
  const world = await startWorld({
    routes: dashboardRoutes({ data, folder: pageFolder }),
    staticFolder: pageFolder,
    ...options,
  });
  return { world, data };
}
