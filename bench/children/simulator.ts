import { createHandler, type Handler } from '../../src/simulator/handler.ts';
import { createMarket } from '../../src/simulator/market.ts';
import { serve } from '../../src/simulator/server.ts';
import { hear, task, tell } from '../rig/child.ts';
import type { SimulatorTask } from '../rig/simulator.ts';
import { clockOf } from '../rig/virtual-clock.ts';

/** The local Alpaca, which is no part of what is measured. */
const { clock: clockText, market: options, rateLimit, roundTripMs } = await task<SimulatorTask>();
const clock = clockOf(clockText);
const market = createMarket(options);
const handler = createHandler({ market, clock, rateLimit, keepRequests: 1_000_000 });
const { url, close } = await serve(delayed(handler), { host: '127.0.0.1', port: 0, clock });
tell({ url });
while (await hear()) {
  const requests = handler.log.last.map(({ at, url, status }) => ({ at, url, status }));
  tell({ requests });
}
await close();

/** What is visible when a request comes in is what its answer holds, a round trip later. */
function delayed(punctual: Handler): Handler {
  const late = roundTripMs * clockText.speed;
  return {
    log: punctual.log,
    handle: (request) => {
      const response = punctual.handle(request);
      return response.kind === 'answer' ? { ...response, afterMs: response.afterMs + late } : response;
    },
  };
}
