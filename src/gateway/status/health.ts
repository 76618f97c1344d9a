import type { Clock } from '../../time/clock.ts';
import { startOf, toIsoMinute } from '../../time/minute.ts';
import { json, send } from '../http/answer.ts';
import type { Route } from '../http/route.ts';
import type { Status, StatusSnapshot } from '../ports.ts';

/** Minutes that the last sealed one may be behind before the data counts as stale. */
const mostMinutesBehind = 3;

/** What is wrong with the data at present, in sentences; nothing when it is right. */
export function faultsOf(snapshot: StatusSnapshot): string[] {
  const faults: string[] = [];
  const { lastSealed, sealDue, breaker, store } = snapshot;
  if (breaker === 'open') faults.push('the circuit breaker is open: the service does not answer');
  if (store.failing) faults.push('the store cannot be written');
  if (sealDue !== undefined) {
    if (lastSealed === undefined) faults.push('no minute is complete yet');
    else if (sealDue - lastSealed > mostMinutesBehind)
      faults.push(`the last complete minute is ${sealDue - lastSealed} minutes behind`);
  }
  return faults;
}

/** `/health`: the process answers, and says how it is. `/ready`: the data is right, or why it is not. */
export function healthRoutes(status: Status, clock: Clock, clients: () => number): Route[] {
  const body = (faults: readonly string[]) => {
    const snapshot = status.snapshot();
    const { lastSealed, sealDue, ...rest } = snapshot;
    return JSON.stringify({
      status: faults.length === 0 ? 'ok' : 'degraded',
      faults,
      time: new Date(clock.now()).toISOString(),
      lastSealed: lastSealed === undefined ? null : toIsoMinute(lastSealed),
      secondsBehind:
        lastSealed === undefined || sealDue === undefined
          ? null
          : Math.max(0, startOf(sealDue) - startOf(lastSealed)) / 1000,
      ...rest,
      clients: clients(),
    });
  };
  return [
    {
      method: 'GET',
      path: '/health',
      open: true,
      handler: (request, response) => send(request, response, 200, json, body(faultsOf(status.snapshot()))),
    },
    {
      method: 'GET',
      path: '/ready',
      open: true,
      handler: (request, response) => {
        const faults = faultsOf(status.snapshot());
        return send(request, response, faults.length === 0 ? 200 : 503, json, body(faults));
      },
    },
  ];
}
