import type { EpochMs } from '../time/clock.ts';

/** Which host of the service a request would have gone to: each has its own allowance. */
export type ApiGroup = 'data' | 'trading';

export interface LoggedRequest {
  readonly at: EpochMs;
  readonly group: ApiGroup;
  /** Path and query. */
  readonly url: string;
  /** HTTP status, or 0 for a connection that broke or hung. */
  readonly status: number;
}

const windowMs = 60_000;
const longestUrl = 10_000;

/** What came in, for tests to check a client by. Keys are never kept. */
export class RequestLog {
  readonly #keep: number;
  readonly #last: LoggedRequest[] = [];
  readonly #statuses = new Map<number, number>();
  readonly #windows: Record<ApiGroup, { times: EpochMs[]; most: number }> = {
    data: { times: [], most: 0 },
    trading: { times: [], most: 0 },
  };

  /** @param keep How many of the last requests are kept whole. */
  constructor(keep = 1_000) {
    this.#keep = keep;
  }

  add(request: LoggedRequest): void {
    this.#statuses.set(request.status, (this.#statuses.get(request.status) ?? 0) + 1);
    this.#last.push({ ...request, url: request.url.slice(0, longestUrl) });
    if (this.#last.length > this.#keep) this.#last.shift();
    const window = this.#windows[request.group];
    window.times.push(request.at);
    while ((window.times[0] ?? request.at) <= request.at - windowMs) window.times.shift();
    window.most = Math.max(window.most, window.times.length);
  }

  /** Requests since the start. */
  get total(): number {
    let sum = 0;
    for (const count of this.#statuses.values()) sum += count;
    return sum;
  }

  /** How many requests were answered with a status; 0 for those that broke or hung. */
  count(status: number): number {
    return this.#statuses.get(status) ?? 0;
  }

  /** Status and count of every status seen. */
  get byStatus(): ReadonlyMap<number, number> {
    return this.#statuses;
  }

  /** The most requests in any 60 s of the simulator's clock, wherever they begin. */
  mostPerMinute(group: ApiGroup = 'data'): number {
    return this.#windows[group].most;
  }

  /** The last requests, oldest first. */
  get last(): readonly LoggedRequest[] {
    return this.#last;
  }
}
