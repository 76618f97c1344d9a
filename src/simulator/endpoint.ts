import type { EpochMs } from '../time/clock.ts';
import type { Market } from './market.ts';
import type { Plan } from './plan.ts';

/** What an endpoint is given: one request, already let in. */
export interface Ask {
  readonly market: Market;
  readonly query: URLSearchParams;
  readonly now: EpochMs;
  readonly plan: Plan;
  /** An empty map of bars is sent as null. */
  readonly nullBars: boolean;
  /** Cut the page here although there is more: a share of its bars. */
  readonly shortTo: number | undefined;
}

/** The body of the 200, from the request and the parts of its path. @throws Refusal for everything else. */
export type Endpoint = (ask: Ask, ...parts: readonly string[]) => string;
