import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Batch } from '../../fanout/bus.ts';
import type { EpochMs } from '../../time/clock.ts';
import { closeOf, msPerMinute, startOf } from '../../time/minute.ts';
import { send } from '../http/answer.ts';
import type { Route } from '../http/route.ts';
import type { Status, StatusSnapshot } from '../ports.ts';
import type { StreamClient } from '../stream/client.ts';

/** Everything that Prometheus is told. Names end in their unit; all begin with `fleece_`. */
export class Metrics {
  readonly registry: Registry;
  readonly #startedAt: EpochMs;
  readonly #bars: Counter<'feed'>;
  readonly #revisions: Counter<'feed'>;
  readonly #lateness: Histogram;
  readonly #gaps: Counter;
  readonly #slow: Counter;
  readonly #http: Counter<'route' | 'status'>;
  readonly #httpSeconds: Histogram<'route'>;

  /** `startedAt` is an instant of the market's clock. */
  constructor(registry: Registry, startedAt: EpochMs) {
    this.#startedAt = startedAt;
    this.registry = registry;
    const registers = [registry];
    collectDefaultMetrics({ register: registry });
    this.#bars = new Counter({
      name: 'fleece_bars_total',
      help: 'Minute bars delivered for the first time.',
      labelNames: ['feed'],
      registers,
    });
    this.#revisions = new Counter({
      name: 'fleece_revisions_total',
      help: 'Corrections of bars that were delivered before.',
      labelNames: ['feed'],
      registers,
    });
    this.#lateness = new Histogram({
      name: 'fleece_bar_lateness_seconds',
      help: 'From the close of a minute to the reading of its bar, without what was fetched later on purpose.',
      buckets: [0.5, 1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 120],
      registers,
    });
    this.#gaps = new Counter({
      name: 'fleece_gaps_total',
      help: 'Windows of minutes that could not be asked for when they were due.',
      registers,
    });
    this.#slow = new Counter({
      name: 'fleece_slow_clients_total',
      help: 'Clients that were cut off since they did not take their frames.',
      registers,
    });
    this.#http = new Counter({
      name: 'fleece_http_requests_total',
      help: 'Requests of clients, by route and HTTP status.',
      labelNames: ['route', 'status'],
      registers,
    });
    this.#httpSeconds = new Histogram({
      name: 'fleece_http_request_duration_seconds',
      help: 'From a request of a client to the end of its answer.',
      labelNames: ['route'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30],
      registers,
    });
  }

  take(batch: Batch): void {
    if (batch.type === 'gap' && batch.state === 'open') this.#gaps.inc();
    if (batch.type !== 'bars') return;
    for (const { type, feed, minute, receivedAt } of batch.bars) {
      if (type === 'revision') {
        this.#revisions.inc({ feed });
        continue;
      }
      this.#bars.inc({ feed });
      const late = receivedAt - closeOf(minute);
      // What is older, or from before the start, was filled in: it says nothing about how late live bars are.
      if (late < 5 * msPerMinute && closeOf(minute) >= this.#startedAt)
        this.#lateness.observe(Math.max(0, late) / 1000);
    }
  }

  slow(): void {
    this.#slow.inc();
  }

  answered(route: string, status: number, seconds: number): void {
    this.#http.inc({ route, status: String(status) });
    this.#httpSeconds.observe({ route }, seconds);
  }

  /** Read the state of the service and of the clients whenever Prometheus asks. */
  watch(status: Status, clients: () => Iterable<StreamClient>): void {
    const gauge = (name: string, help: string, read: (snapshot: StatusSnapshot) => number | undefined) => {
      const own: Gauge = new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          const value = read(status.snapshot());
          if (value === undefined) own.reset();
          else own.set(value);
        },
      });
    };
    gauge('fleece_symbols', 'Symbols that are polled.', (s) => s.symbols);
    gauge('fleece_quarantined_symbols', 'Symbols that the service refuses.', (s) => s.quarantined);
    gauge('fleece_open_gap_minutes', 'Minutes of symbols that are still missing.', (s) => s.openGapMinutes);
    gauge('fleece_last_sealed_timestamp_seconds', 'Start of the last complete minute.', (s) =>
      s.lastSealed === undefined ? undefined : startOf(s.lastSealed) / 1000,
    );
    gauge(
      'fleece_seal_lag_seconds',
      'How far the last complete minute is behind the one that is due.',
      (s) =>
        s.lastSealed === undefined || s.sealDue === undefined
          ? 0
          : Math.max(0, s.sealDue - s.lastSealed) * 60,
    );
    gauge('fleece_poll_duration_seconds', 'How long the last pass over all symbols took.', (s) =>
      s.lastPass === undefined ? undefined : s.lastPass.durationMs / 1000,
    );
    gauge('fleece_breaker_open', '1 while the service is not asked since it only fails.', (s) =>
      s.breaker === 'open' ? 1 : 0,
    );
    gauge('fleece_budget_limit_requests', 'Requests that may be sent in 60 seconds.', (s) => s.budget.limit);
    gauge('fleece_budget_tokens', 'Requests that may be sent at once.', (s) => s.budget.tokens);
    gauge('fleece_budget_waiting_requests', 'Requests that wait for their turn.', (s) => s.budget.waiting);
    gauge('fleece_clock_offset_seconds', "This machine's clock minus the service's.", (s) =>
      s.clockOffsetMs === undefined ? undefined : s.clockOffsetMs / 1000,
    );
    gauge('fleece_store_failing', '1 while the store cannot be written.', (s) => (s.store.failing ? 1 : 0));
    this.#watchLabelled(status);
    this.#watchClients(clients);
  }

  #watchLabelled(status: Status): void {
    const registers = [this.registry];
    const used = new Gauge({
      name: 'fleece_budget_used_requests',
      help: 'Requests sent in the last 60 seconds, by lane.',
      labelNames: ['lane'],
      registers,
      collect() {
        for (const [lane, value] of Object.entries(status.snapshot().budget.byLane))
          used.set({ lane }, value);
      },
    });
    const requests = new Counter({
      name: 'fleece_requests_total',
      help: 'Requests to the service, by lane and HTTP status.',
      labelNames: ['lane', 'status'],
      registers,
      collect() {
        requests.reset();
        for (const { count, ...labels } of status.snapshot().requests) requests.inc(labels, count);
      },
    });
    const total = (name: string, help: string, read: (snapshot: StatusSnapshot) => number) => {
      const counter: Counter = new Counter({
        name,
        help,
        registers,
        collect() {
          counter.reset();
          counter.inc(read(status.snapshot()));
        },
      });
    };
    total('fleece_rate_limited_total', 'Answers with HTTP 429.', (s) => s.budget.refused);
    total('fleece_store_commits_total', 'Commits to the store.', (s) => s.store.commits);
    total('fleece_store_commit_seconds_total', 'Time spent in commits.', (s) => s.store.totalMs / 1000);
    const info = new Gauge({
      name: 'fleece_info',
      help: 'How the service is run.',
      labelNames: ['feed', 'mode'],
      registers,
      collect() {
        const { feed, mode } = status.snapshot();
        info.reset();
        info.set({ feed, mode }, 1);
      },
    });
  }

  #watchClients(clients: () => Iterable<StreamClient>): void {
    const registers = [this.registry];
    const count = new Gauge({
      name: 'fleece_clients',
      help: 'Stream connections, by encoding.',
      labelNames: ['encoding'],
      registers,
      collect() {
        count.set({ encoding: 'json' }, 0);
        count.set({ encoding: 'msgpack' }, 0);
        for (const client of clients()) count.inc({ encoding: client.codec.name });
      },
    });
    const queued: Gauge = new Gauge({
      name: 'fleece_client_queue_bytes',
      help: 'Bytes that clients have not taken yet, all together.',
      registers,
      collect() {
        let bytes = 0;
        for (const client of clients()) bytes += client.queuedBytes;
        queued.set(bytes);
      },
    });
  }
}

export function metricsRoute(registry: Registry): Route {
  return {
    method: 'GET',
    path: '/metrics',
    handler: async (request, response) =>
      send(request, response, 200, registry.contentType, await registry.metrics()),
  };
}
