import { type Answer, proxyPage, Refusal, refuse, type SimulatorResponse } from './exchange.ts';
import { fraction, hash } from './hash.ts';

export const faultKinds = ['429', '500', 'reset', 'hang', 'slow', 'torn'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Share of requests that each kind of fault hits. */
export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>;

/** @throws RangeError for a share outside 0 to 1, or shares that add up to more than 1. */
export function checkFaults(rates: FaultRates): void {
  let sum = 0;
  for (const [kind, rate] of Object.entries(rates)) {
    if (!(rate >= 0 && rate <= 1))
      throw new RangeError(`fault ${kind} ${rate}: a share lies between 0 and 1`);
    sum += rate;
  }
  if (sum > 1) throw new RangeError(`the faults' shares add up to ${sum}, and cannot be above 1`);
}

/** The fault that hits a request, by its place in the sequence; undefined for most. */
export function faultOf(rates: FaultRates, seed: number, sequence: number): FaultKind | undefined {
  let share = fraction(hash(seed ^ 0xfa17, sequence));
  for (const kind of faultKinds) {
    share -= rates[kind] ?? 0;
    if (share < 0) return kind;
  }
  return undefined;
}

/** The service's own refusal of a client that asks too often. The space after the colon is its own. */
export function tooManyRequests(): Refusal {
  return new Refusal(429, '{"message": "too many requests."}');
}

/** One of the ways in which the service fails: with JSON of its own, or with a page of its proxy. */
export function serverFailure(seed: number, sequence: number): Refusal {
  const failures = [
    () => refuse(500, 'internal server error'),
    () => refuse(500, 'internal server error occurred', 50010000),
    () => proxyPage(502, 'Bad Gateway'),
    () => proxyPage(503, 'Service Temporarily Unavailable'),
    () => proxyPage(504, 'Gateway Time-out'),
  ] as const;
  const failure = failures[hash(seed ^ 0x500, sequence) % failures.length] ?? failures[0];
  return failure();
}

/** A good answer spoiled on its way: `reset`, `hang`, `slow` (1 to 5 s late) or `torn`. */
export function spoil(
  kind: 'reset' | 'hang' | 'slow' | 'torn',
  answer: Answer,
  seed: number,
  sequence: number,
): SimulatorResponse {
  const bits = hash(seed ^ 0x7042, sequence);
  if (kind === 'reset' || kind === 'hang') return { kind };
  if (kind === 'slow') {
    return { kind: 'answer', answer, afterMs: 1_000 + Math.round(4_000 * fraction(bits)) };
  }
  // `keep` is below the length: a body that ends too early, never a whole one.
  const keep = Math.floor(fraction(bits) * answer.body.length);
  return { kind: 'torn', answer, keep, framed: hash(bits, 1) % 2 === 0 };
}
