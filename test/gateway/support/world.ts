import { LocalBus } from '../../../src/fanout/bus.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../../src/gateway/gateway.ts';
import type {
  Admission,
  Backfill,
  MarketClock,
  Missing,
  StatusSnapshot,
  Universe,
} from '../../../src/gateway/ports.ts';
import type { Bar } from '../../../src/market/bar.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import { closeOf, type EpochMinute, minuteOf } from '../../../src/time/minute.ts';
import { systemClock } from '../../../src/time/affine-clock.ts';
import type { Clock } from '../../../src/time/clock.ts';
import { MemoryHistory } from './memory-history.ts';

/** Wednesday 2026-01-14, 10:30 in New York. */
export const noon = Date.parse('2026-01-14T15:30:00Z');
export const firstMinute = minuteOf(Date.parse('2026-01-14T14:30:00Z'));

export function minute(count: number): EpochMinute {
  return (firstMinute + count) as EpochMinute;
}

export function symbol(text: string): MarketSymbol {
  return text as MarketSymbol;
}

export function bar(name: string, count: number, more: Partial<Bar> = {}): Bar {
  const at = minute(count);
  return {
    type: 'bar',
    symbol: symbol(name),
    minute: at,
    o: 100,
    h: 101.5,
    l: 99.25,
    c: 100 + count / 100,
    v: 1200,
    n: 12,
    vw: 100.123456,
    feed: 'iex',
    receivedAt: closeOf(at) + 1500,
    version: 1,
    ...more,
  };
}

export function revision(of: Bar, more: Partial<Bar> = {}): Bar {
  return {
    ...of,
    type: 'revision',
    version: of.version + 1,
    c: of.c + 0.5,
    receivedAt: of.receivedAt + 35_000,
    ...more,
  };
}

export class FakeUniverse implements Universe {
  readonly polled = new Set<string>(['AAPL', 'MSFT', 'SPY']);
  readonly acquired: string[][] = [];
  readonly released: string[][] = [];
  refusal: string | undefined;

  has(name: MarketSymbol): boolean {
    return this.polled.has(name);
  }

  async acquire(symbols: readonly MarketSymbol[]): Promise<Admission> {
    if (this.refusal !== undefined) return { admitted: false, reason: this.refusal };
    this.acquired.push([...symbols]);
    for (const name of symbols) this.polled.add(name);
    return { admitted: true };
  }

  release(symbols: readonly MarketSymbol[]): void {
    this.released.push([...symbols]);
  }
}

export class FakeBackfill implements Backfill {
  readonly fetched: Missing[] = [];
  readonly covered = new Set<string>();
  bring: (missing: Missing) => void | Promise<void> = () => undefined;

  async missing(wanted: Missing): Promise<readonly Missing[]> {
    const symbols = wanted.symbols.filter((name) => !this.covered.has(name));
    return symbols.length === 0 ? [] : [{ ...wanted, symbols }];
  }

  async fetch(missing: Missing): Promise<void> {
    this.fetched.push(missing);
    await this.bring(missing);
    for (const name of missing.symbols) this.covered.add(name);
  }
}

export const snapshot: StatusSnapshot = {
  startedAt: noon - 3_600_000,
  feed: 'iex',
  mode: 'hybrid',
  symbols: 3,
  quarantined: 1,
  openGapMinutes: 0,
  lastSealed: minute(57),
  sealDue: minute(58),
  breaker: 'closed',
  budget: {
    used: 42,
    limit: 180,
    tokens: 100,
    byLane: { live: 40, repair: 2, backfill: 0 },
    waiting: 0,
    refused: 3,
  },
  requests: [
    { lane: 'live', status: '200', count: 900 },
    { lane: 'live', status: '429', count: 3 },
  ],
  lastPass: { minute: minute(58), durationMs: 4200, bars: 3 },
  lateness: { p50Ms: 1500, p99Ms: 4000 },
  clockOffsetMs: -12,
  market: { session: 'regular', nextChange: Date.parse('2026-01-14T21:00:00Z') },
  store: { commits: 58, totalMs: 900, lastMs: 14, failing: false },
};

const market: MarketClock = {
  session: () => ({
    isOpen: true,
    nextOpen: Date.parse('2026-01-15T14:30:00Z'),
    nextClose: Date.parse('2026-01-14T21:00:00Z'),
  }),
  calendar: (start, end) =>
    ['2026-01-13', '2026-01-14', '2026-01-15', '2026-01-16']
      .filter((date) => date >= start && date <= end)
      .map((date) => ({
        date,
        open: '09:30',
        close: '16:00',
        session_open: '0400',
        session_close: '2000',
        settlement_date: '2026-01-20',
      })),
};

/** The market's clock of the tests: at 10:30 in New York, running with the machine's. */
function runningFrom(instant: number): Clock {
  const zero = systemClock.now();
  return {
    now: () => instant + systemClock.now() - zero,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  };
}

export interface World {
  readonly gateway: Gateway;
  readonly bus: LocalBus;
  readonly history: MemoryHistory;
  readonly universe: FakeUniverse;
  readonly backfill: FakeBackfill;
  readonly logged: string[];
  status: StatusSnapshot;
  /** Keep bars and publish them, as the service does. */
  deliver(...bars: readonly Bar[]): void;
  url(path: string): string;
  ws(path: string): string;
  get(path: string, init?: RequestInit): Promise<Response>;
}

const keys = { 'APCA-API-KEY-ID': 'PKUSERSOWN', 'APCA-API-SECRET-KEY': 'users-own-secret' };

export async function startWorld(
  options: Partial<GatewayOptions> & { readonly withBackfill?: boolean } = {},
): Promise<World> {
  const bus = new LocalBus((error) => {
    throw error;
  });
  const history = new MemoryHistory();
  const universe = new FakeUniverse();
  const backfill = new FakeBackfill();
  const logged: string[] = [];
  const log = (fields: object, message: string) =>
    logged.push(`${message} ${JSON.stringify(fields)} ${String((fields as { err?: unknown }).err)}`);
  const { withBackfill, ...rest } = options;
  const world = {
    bus,
    history,
    universe,
    backfill,
    logged,
    status: snapshot,
    deliver: (...bars: readonly Bar[]) => {
      history.add(...bars);
      bus.publish({ type: 'bars', bars });
    },
  };
  const gateway = await startGateway({
    port: 0,
    clock: runningFrom(noon),
    feed: 'iex',
    bus,
    history,
    universe,
    status: { snapshot: () => world.status },
    market,
    log: { warn: log, error: log },
    ...(withBackfill ? { backfill } : {}),
    ...rest,
  });
  const url = (path: string) => `${gateway.url}${path}`;
  return Object.assign(world, {
    gateway,
    url,
    ws: (path: string) => url(path).replace('http', 'ws'),
    get: (path: string, init: RequestInit = {}) =>
      fetch(url(path), { ...init, headers: { ...keys, ...(init.headers as Record<string, string>) } }),
  });
}
