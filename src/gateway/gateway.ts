import { Registry } from 'prom-client';
import { FleeceError } from '../errors.ts';
import type { Bus } from '../fanout/bus.ts';
import { byFeed } from '../fanout/by-feed.ts';
import type { Feed, StockFeed } from '../market/feed.ts';
import { systemClock } from '../time/affine-clock.ts';
import type { Clock } from '../time/clock.ts';
import { AddressRate } from './guard/address-rate.ts';
import { KeyRing, type KeyPair } from './guard/key-ring.ts';
import { isLoopback, OriginPolicy } from './guard/origin.ts';
import { answerHttp, type HttpWorld } from './http/http-server.ts';
import { listen, type Listener, type TlsFiles } from './http/listener.ts';
import type { Route } from './http/route.ts';
import { answerUpgrade } from './http/upgrade.ts';
import { Interest } from './interest.ts';
import { defaultLimits, type GatewayLimits } from './limits.ts';
import { MissingBars } from './missing-bars.ts';
import type { Backfill, BarHistory, MarketClock, Status, Universe } from './ports.ts';
import { healthRoutes } from './status/health.ts';
import { Metrics, metricsRoute } from './status/metrics.ts';
import type { ConversationWorld } from './stream/conversation.ts';
import { DailyBars } from './stream/daily-bars.ts';
import { Hub } from './stream/hub.ts';
import { StreamServer } from './stream/stream-server.ts';
import { runTestFeed } from './stream/test-feed.ts';

/** Where the gateway tells of its failures. Nothing that a client sent is ever in it. */
export interface GatewayLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface GatewayOptions {
  /** Default 127.0.0.1. Any address that others can reach needs `clientKeys`. */
  readonly host?: string;
  /** 0 for any. */
  readonly port: number;
  /** The market's clock. */
  readonly clock: Clock;
  /** The stock feed that is polled, and whether crypto pairs are. */
  readonly feed: StockFeed;
  readonly crypto?: boolean;
  readonly bus: Bus;
  readonly history: BarHistory;
  readonly universe: Universe;
  readonly status: Status;
  readonly market: MarketClock;
  /** How what the store lacks is got; absent, answers come from what is kept. */
  readonly backfill?: Backfill;
  /** Keys that clients have to show. Without any, those on loopback may show whatever is not empty. */
  readonly clientKeys?: readonly KeyPair[];
  /** Names besides localhost under which the gateway is reached, and pages elsewhere that may use it. */
  readonly hosts?: readonly string[];
  readonly origins?: readonly string[];
  readonly tls?: TlsFiles;
  readonly limits?: Partial<GatewayLimits>;
  /** What else is answered here, before the files. */
  readonly routes?: readonly Route[];
  /** A folder whose files are served from `/` on. */
  readonly staticFolder?: string;
  readonly log: GatewayLog;
  /** For `/metrics`; others may have put their own there. */
  readonly registry?: Registry;
  /** Real time, for what has to do with sockets. Only tests give another. */
  readonly wallClock?: Clock;
}

export interface Gateway {
  /** `http://127.0.0.1:8765`, without a slash at the end. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stream connections at present. */
  readonly clients: number;
  /** Send every client a close frame (1001) and stop listening; done within 5 seconds. */
  close(): Promise<void>;
}

/**
 * Serve Alpaca's protocols from what the ports give.
 *
 * @throws FleeceError `usage` when the address needs client keys, or cannot be listened on.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const host = options.host ?? '127.0.0.1';
  const clientKeys = options.clientKeys ?? [];
  if (!isLoopback(host) && clientKeys.length === 0) {
    throw new FleeceError(
      'usage',
      `${host} can be reached from other machines: give the keys that clients must show (--client-key ID:SECRET), or listen on 127.0.0.1`,
    );
  }
  const parts = assemble(options, host, new KeyRing(clientKeys));
  const stop = new AbortController();
  const listener = await listen({
    host,
    port: options.port,
    tls: options.tls,
    // Room for REST beside a full house of streams.
    maxConnections: parts.limits.maxClients + 500,
    wallClock: parts.wallClock,
    onRequest: (request, response) => void answerHttp(parts.http, request, response),
    onUpgrade: (request, socket, head) => {
      const { limits, streams, upgrades } = parts;
      const { maxClients } = limits;
      const world = {
        origin: parts.http.origin,
        upgrades,
        served: servedFeeds(options),
        streams,
        maxClients,
      };
      answerUpgrade(world, request, socket, head);
    },
  }).catch(async (error: unknown) => {
    // What was assembled has timers that would keep the process alive.
    await letGo(parts);
    throw error;
  });
  const unsubscribe = connect(options, parts);
  void runTestFeed(options.clock, (items) => parts.hub.send('test', 'any', items), stop.signal);
  const { port } = listener.address;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${port}`,
    host,
    port,
    get clients() {
      return parts.streams.size;
    },
    close: async () => {
      unsubscribe();
      stop.abort();
      await shutDown(parts, listener);
    },
  };
}

interface Parts {
  readonly limits: GatewayLimits;
  readonly hub: Hub;
  readonly daily: DailyBars;
  readonly interest: Interest;
  readonly missing: MissingBars | undefined;
  readonly metrics: Metrics;
  readonly streams: StreamServer;
  readonly http: HttpWorld;
  readonly upgrades: AddressRate;
  readonly wallClock: Clock;
}

function assemble(options: GatewayOptions, host: string, keys: KeyRing): Parts {
  const { clock, history, universe, status, market, feed, log } = options;
  const wallClock = options.wallClock ?? systemClock;
  const limits = { ...defaultLimits, ...options.limits };
  const interest = new Interest(universe, clock, limits.lingerMs);
  const missing = options.backfill && new MissingBars(options.backfill, wallClock);
  const metrics = new Metrics(options.registry ?? new Registry(), status.snapshot().startedAt);
  const wrongKeys = new AddressRate(limits.wrongKeys, wallClock);
  const onFailure = (error: unknown) => log.error({ err: error }, 'the gateway could not answer a client');
  const hub = new Hub({ history, clock, lastSealed: () => status.snapshot().lastSealed, onFailure });
  const world: ConversationWorld = {
    keys,
    hub,
    interest,
    history,
    maxSymbols: limits.maxSymbols,
    mayTry: ({ address }) => wrongKeys.spend(address, 0).allowed,
    onWrongKeys: ({ address }) => wrongKeys.spend(address),
    hasRoom: ({ address }) => streams.countFrom(address) <= limits.maxClientsPerAddress,
    onFailure,
  };
  const streams = new StreamServer({
    world,
    clock,
    wallClock,
    maxMessageBytes: limits.maxMessageBytes,
    outboxBytes: limits.outboxBytes,
    messagesPerSecond: limits.messagesPerSecond,
    onSlow: (client) => {
      metrics.slow();
      log.warn({ address: client.address }, 'a client did not take its frames and was cut off (407)');
    },
  });
  const daily = new DailyBars({
    history,
    interest: (source) => hub.dailyInterest(source),
    send: (source, items) => hub.send(source, 'any', items),
    onFailure,
    ...(missing && { ensure: (wanted) => missing.ensure(wanted) }),
  });
  metrics.watch(status, () => streams.clients);
  const http: HttpWorld = {
    data: { clock, wallClock, feed, history, universe, market, missing, missingWaitMs: limits.missingWaitMs },
    origin: new OriginPolicy({
      loopbackOnly: isLoopback(host),
      hosts: options.hosts ?? [],
      origins: options.origins ?? [],
    }),
    keys,
    requests: new AddressRate(limits.requests, wallClock),
    wrongKeys,
    routes: [
      ...healthRoutes(status, clock, () => streams.size),
      metricsRoute(metrics.registry),
      ...(options.routes ?? []),
    ],
    staticFolder: options.staticFolder,
    wallClock,
    onAnswered: (route, code, seconds) => metrics.answered(route, code, seconds),
    onFailure,
  };
  const upgrades = new AddressRate(limits.upgrades, wallClock);
  return { limits, hub, daily, interest, missing, metrics, streams, http, upgrades, wallClock };
}

/** Let what the ledger makes through to the clients. Returns the way to stop. */
function connect({ bus }: GatewayOptions, { hub, daily, metrics }: Parts): () => void {
  return bus.subscribe((batch) => {
    hub.take(batch);
    metrics.take(batch);
    if (batch.type === 'bars') for (const [feed, bars] of byFeed(batch.bars)) daily.take(feed, bars);
  });
}

function servedFeeds({ feed, crypto }: GatewayOptions): readonly Feed[] {
  return crypto === false ? [feed] : [feed, 'crypto'];
}

/** How long answers under way may take once the clients are gone, in milliseconds. */
const lastAnswersMs = 2_000;

async function letGo({ interest, missing, streams }: Parts): Promise<void> {
  await streams.close();
  missing?.close();
  interest.close();
}

async function shutDown(parts: Parts, listener: Listener): Promise<void> {
  const { wallClock } = parts;
  const closed = listener.close();
  await letGo(parts);
  const stop = new AbortController();
  const late = wallClock.sleep(lastAnswersMs, stop.signal).catch(() => undefined);
  await Promise.race([closed, late]);
  stop.abort();
  listener.cut();
  await closed;
}
