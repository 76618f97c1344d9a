import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FleeceError } from '../../errors.ts';
import type { ModeRequest, PlanAnswer } from '../../gateway/dashboard/contract.ts';
import type { DashboardData } from '../../gateway/dashboard/dashboard-data.ts';
import { type Mode, modes } from '../../plan/modes.ts';
import type { Log } from '../../telemetry/log.ts';
import { barVersions, chartBars } from './dashboard-bars.ts';
import { CoverageKeeper } from './dashboard-coverage.ts';
import { DashboardJobs } from './dashboard-jobs.ts';
import { planAnswer, statusAnswer } from './dashboard-status.ts';
import { gapsOf, quarantineOf } from './dashboard-troubles.ts';
import type { Service } from './service.ts';

/** The built page, in the package and in the sources alike. */
export const pageFolder = fileURLToPath(
  ['../../web/', '../../../dist/web/']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(new URL('index.html', url))) ?? new URL('../../web/', import.meta.url),
);

export interface ServiceDashboard {
  readonly data: DashboardData;
  /** Stop what the page has started. */
  close(): Promise<void>;
}

/** The service as the page sees it. `clients` tells how many streams are connected. */
export function dashboardOf(service: Service, log: Log, clients: () => number): ServiceDashboard {
  const startedAt = service.clock.now();
  const keeper = new CoverageKeeper(service);
  const jobs = new DashboardJobs(service, log, keeper);
  let { rpm } = service.settings;
  return {
    data: {
      status: () => statusAnswer(service, { startedAt, clients: clients(), jobs: jobs.all }),
      coverage: (date, since) => keeper.answer(date, since),
      bars: (query) => chartBars(service, query, startedAt),
      versions: (symbol, minute) => barVersions(service, symbol, minute),
      troubles: () => ({ quarantine: quarantineOf(service), gaps: gapsOf(service) }),
      askAgain: (request) => jobs.askAgain(request),
      backfill: (request, dry) => jobs.backfill(request, dry),
      setMode: (request) => {
        rpm = request.rpm ?? rpm;
        return setMode(service, request, rpm);
      },
    },
    close: async () => {
      await jobs.close();
      keeper.close();
    },
  };
}

function setMode({ engine }: Service, request: ModeRequest, rpm: number): PlanAnswer {
  const { batchSize, concurrency } = request;
  return planAnswer(engine.replan({ mode: toMode(request.mode), batchSize, concurrency, rpm }));
}

function toMode(name: string): Mode {
  const mode = modes.find((candidate) => candidate === name);
  if (mode) return mode;
  throw new FleeceError('bad_request', `mode has to be one of ${modes.join(', ')}`);
}
