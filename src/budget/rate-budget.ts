import type { Lane } from '../market/bar-source.ts';
import type { Clock, EpochMs } from '../time/clock.ts';
import { RequestWindow } from './request-window.ts';
import { fullBucket, lowerTo, refill, resize, spend, type TokenBucket, waitFor } from './token-bucket.ts';

/** What the answer to a request said about the service's own count. */
export interface RateAnswer {
  /** `X-RateLimit-Limit`: requests a minute. */
  readonly limit?: number | undefined;
  /** `X-RateLimit-Remaining`: tokens left in the service's bucket. */
  readonly remaining?: number | undefined;
  /** True for a 429: the service's bucket is empty. */
  readonly refused?: boolean;
}

/** The right to send one request. Every permit has to be settled, whatever came of the request. */
export interface Permit {
  settle(answer?: RateAnswer): void;
  /** Give the token back: nothing was sent. */
  cancel(): void;
}

export interface BudgetUsage {
  /** Requests that count in the present 60 s window, by lane. */
  readonly byLane: Readonly<Record<Lane, number>>;
  readonly used: number;
  /** The most that may count at a time: the lower of the configured rate and the service's own. */
  readonly limit: number;
  readonly tokens: number;
  readonly waiting: number;
  readonly refused: number;
  readonly total: number;
}

interface Waiter {
  grant(): void;
}

/** Why an alarm ends early. One for all: an abort without a reason makes an exception with its stack each time. */
const newAlarm = new Error('another alarm takes its place');

const lanes: readonly Lane[] = ['live', 'repair', 'backfill'];

/**
 * One key's request budget: a token bucket and a 60 s window, both of which have to agree before a request is
 * sent. Lower lanes leave `reserve` requests a minute untouched, so that they never make a live poll late.
 */
export class RateBudget {
  readonly #clock: Clock;
  #configured: number;
  #service = Number.POSITIVE_INFINITY;
  #reserve = 0;
  #bucket: TokenBucket;
  readonly #all = new RequestWindow();
  readonly #byLane: Record<Lane, RequestWindow> = {
    live: new RequestWindow(),
    repair: new RequestWindow(),
    backfill: new RequestWindow(),
  };
  readonly #waiters: Record<Lane, Waiter[]> = { live: [], repair: [], backfill: [] };
  #alarm: AbortController | undefined;
  #refused = 0;
  #total = 0;
  #sent = 0;
  #seen = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly clock: Clock; readonly requestsPerMinute: number }) {
    this.#clock = options.clock;
    this.#configured = options.requestsPerMinute;
    this.#bucket = fullBucket(options.requestsPerMinute, options.clock.now());
  }

  /** Requests a minute that may be sent: the lower of the configured rate and the service's own. */
  get limit(): number {
    return Math.min(this.#configured, this.#service);
  }

  setRequestsPerMinute(requestsPerMinute: number): void {
    this.#configured = requestsPerMinute;
    this.#resize();
  }

  /** Requests a minute that the lower lanes have to leave for live polls. */
  setReserve(requestsPerMinute: number): void {
    this.#reserve = requestsPerMinute;
    this.#pump();
  }

  /** Wait for the right to send one request. Rejects with the signal's reason when it fires. */
  take(lane: Lane, signal?: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = () => {
        const queue = this.#waiters[lane];
        queue.splice(queue.indexOf(waiter), 1);
        reject(signal?.reason as Error);
        this.#pump();
      };
      const waiter: Waiter = {
        grant: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(this.#permit(lane));
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters[lane].push(waiter);
      this.#pump();
    });
  }

  usage(): BudgetUsage {
    const now = this.#now();
    return {
      byLane: {
        live: this.#byLane.live.count(now),
        repair: this.#byLane.repair.count(now),
        backfill: this.#byLane.backfill.count(now),
      },
      used: this.#all.count(now),
      limit: this.limit,
      tokens: refill(this.#bucket, now).tokens,
      waiting: lanes.reduce((sum, lane) => sum + this.#waiters[lane].length, 0),
      refused: this.#refused,
      total: this.#total,
    };
  }

  /** The time, with what is remembered moved along when the clock was set back. */
  #now(): EpochMs {
    const now = this.#clock.now();
    const back = this.#seen - now;
    if (back > 0 && Number.isFinite(back)) {
      this.#bucket = { ...this.#bucket, at: this.#bucket.at - back };
      for (const window of [this.#all, ...Object.values(this.#byLane)]) window.setBack(back);
    }
    this.#seen = now;
    return now;
  }

  #permit(lane: Lane): Permit {
    this.#bucket = spend(this.#bucket, 1, this.#now());
    this.#all.send();
    this.#byLane[lane].send();
    this.#total += 1;
    this.#sent += 1;
    const sentBefore = this.#sent;
    let settled = false;
    return {
      cancel: () => {
        if (settled) return;
        settled = true;
        this.#all.cancel();
        this.#byLane[lane].cancel();
        this.#total -= 1;
        this.#bucket = spend(this.#bucket, -1, this.#now());
        this.#pump();
      },
      settle: (answer = {}) => {
        if (settled) return;
        settled = true;
        const now = this.#now();
        this.#all.answer(now);
        this.#byLane[lane].answer(now);
        this.#learn(answer, this.#sent - sentBefore);
        this.#pump();
      },
    };
  }

  /** Take the lower of our count and the service's; requests sent after the answered one are still to come. */
  #learn({ limit, remaining, refused }: RateAnswer, sentSince: number): void {
    const now = this.#now();
    if (limit !== undefined && limit > 0 && limit !== this.#service) {
      this.#service = limit;
      this.#resize();
    }
    if (refused) {
      this.#refused += 1;
      this.#bucket = lowerTo(this.#bucket, 0, now);
    } else if (remaining !== undefined) {
      this.#bucket = lowerTo(this.#bucket, remaining - sentSince, now);
    }
  }

  #resize(): void {
    this.#bucket = resize(this.#bucket, this.limit, this.#now());
    this.#pump();
  }

  /** Grant what can be granted, then set one alarm for the next that can. */
  #pump(): void {
    this.#alarm?.abort(newAlarm);
    this.#alarm = undefined;
    for (;;) {
      const lane = lanes.find((candidate) => this.#waiters[candidate].length > 0);
      if (!lane) return;
      const wait = this.#waitFor(lane);
      if (wait === undefined) return;
      if (wait > 0) {
        this.#setAlarm(wait);
        return;
      }
      this.#waiters[lane].shift()?.grant();
    }
  }

  /** Milliseconds until `lane` may send, or undefined when that waits for an answer under way. */
  #waitFor(lane: Lane): number | undefined {
    const now = this.#now();
    // A reserve as large as the budget would starve the lower lanes: they keep a tenth.
    const reserve = lane === 'live' ? 0 : Math.min(this.#reserve, Math.floor(this.limit * 0.9));
    const tokens = waitFor(this.#bucket, 1 + reserve, now);
    const all = this.#all.waitFor(this.limit, now);
    const lower = lane === 'live' ? 0 : this.#lowerWait(this.limit - reserve, now);
    if (all === undefined || lower === undefined) return undefined;
    return Math.max(tokens, all, lower);
  }

  #lowerWait(limit: number, now: number): number | undefined {
    const { repair, backfill } = this.#byLane;
    const both = repair.count(now) + backfill.count(now);
    if (both < limit) return 0;
    const waits = [repair, backfill]
      .filter((window) => window.count(now) > 0)
      .map((window) => window.waitFor(window.count(now), now))
      .filter((wait) => wait !== undefined);
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  #setAlarm(ms: number): void {
    const alarm = new AbortController();
    this.#alarm = alarm;
    this.#clock.sleep(Math.max(1, ms), alarm.signal).then(
      () => this.#pump(),
      () => undefined,
    );
  }
}
