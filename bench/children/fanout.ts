import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { LocalBus } from '../../src/fanout/bus.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import type { StatusSnapshot } from '../../src/gateway/ports.ts';
import type { Bar } from '../../src/market/bar.ts';
import { AffineClock, systemClock } from '../../src/time/affine-clock.ts';
import { cpuMs, hear, task, tell } from '../rig/child.ts';
import { batchesOf, type FanoutReport, type FanoutRound, type FanoutTask } from '../rig/fanout.ts';
import { framesOf } from '../rig/frames.ts';

/** A server with many clients of `*`; each round it sends one minute to all of them. */
interface Server {
  readonly port: number;
  /** Get ready, outside of the measured time, what is not part of the work. */
  readonly prepare: (batches: readonly Bar[][]) => () => void;
  readonly close: () => Promise<void>;
}

const { server: kind, symbols } = await task<FanoutTask>();
/** What a gateway reads of the service that it belongs to. */
const status: StatusSnapshot = {
  startedAt: systemClock.now(),
  feed: 'iex',
  mode: 'hybrid',
  symbols,
  quarantined: 0,
  openGapMinutes: 0,
  lastSealed: undefined,
  sealDue: undefined,
  breaker: 'closed',
  budget: {
    used: 0,
    limit: 180,
    tokens: 180,
    byLane: { live: 0, repair: 0, backfill: 0 },
    waiting: 0,
    refused: 0,
  },
  requests: [],
  lastPass: undefined,
  lateness: undefined,
  clockOffsetMs: undefined,
  market: { session: 'always', nextChange: undefined },
  store: { commits: 0, totalMs: 0, lastMs: 0, failing: false },
};

const server = kind === 'gateway' ? await gateway() : await bare();
tell({ port: server.port });
for (;;) {
  const round = await hear<FanoutRound>();
  if (!round) break;
  const send = server.prepare(batchesOf(symbols, round));
  globalThis.gc?.();
  tell({ ready: true });
  // The bench says when its clients are watching, and then when they have it all.
  await hear();
  const before = cpuMs();
  send();
  await hear();
  const report: FanoutReport = { cpuMs: cpuMs() - before };
  tell(report);
}
await server.close();

async function gateway(): Promise<Server> {
  const bus = new LocalBus();
  const unused = () => {
    throw new Error('nothing of this is asked here');
  };
  const opened = await startGateway({
    port: 0,
    clock: systemClock,
    // The clients only count bytes and answer no ping: on this clock none is sent.
    wallClock: new AffineClock(systemClock.now(), systemClock.now(), 1e-6),
    feed: 'iex',
    bus,
    history: { read: unused, latest: unused, replay: unused },
    universe: { has: () => true, acquire: async () => ({ admitted: true }), release: () => undefined },
    status: { snapshot: () => status },
    market: { session: unused, calendar: unused },
    log: { warn: (_, message) => console.error(message), error: (_, message) => console.error(message) },
  });
  return {
    port: opened.port,
    prepare: (batches) => () => {
      for (const bars of batches) bus.publish({ type: 'bars', bars });
    },
    // The gateway's clock stands still, so the process ends in its stead.
    close: () => process.exit(0),
  };
}

/** What `ws` itself costs: frames that are encoded already, to every client. */
async function bare(): Promise<Server> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    const answers = ['[{"T":"success","msg":"authenticated"}]', '[{"T":"subscription"}]'];
    socket.on('message', () => socket.send(answers.shift() ?? '[]'));
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (http.address() as AddressInfo).port,
    prepare: (batches) => {
      const frames = batches.flatMap(framesOf);
      return () => {
        for (const frame of frames)
          for (const socket of sockets.clients) socket.send(frame, { binary: false });
      };
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
    },
  };
}
