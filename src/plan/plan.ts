import { isCryptoPair } from '../market/symbol.ts';
import { type Mode, modeShapes } from './modes.ts';
import { FleeceError } from '../errors.ts';
import { autoBatchSizes, largestAutoBatch, largestBatch, matrixRow } from './matrix.ts';
import { pack, type PackLimits } from './pack.ts';

/** Bytes that a request URL may have; many servers and proxies refuse longer ones at about 8 KB. */
export const maxUrlBytes = 8_000;

/** What a URL holds besides the list of symbols: host, path, window, feed and a page token. */
export const urlOverheadBytes = 400;

/** Bytes that the list of symbols may take in a URL. */
export const maxListBytes = maxUrlBytes - urlOverheadBytes;

export interface PlanInput {
  readonly symbols: readonly string[];
  readonly mode: Mode;
  readonly batchSize?: number | 'auto' | undefined;
  readonly concurrency?: number | 'auto' | undefined;
  /** Requests a minute that may be sent. */
  readonly requestsPerMinute: number;
  /** Minutes that each window reaches back; by default 5. */
  readonly lookback?: number | undefined;
  /** Time from sending a request to its answer, in milliseconds; for the estimate only. */
  readonly roundTripMs?: number;
}

/** How a universe is polled, and what that costs. */
export interface Plan {
  readonly mode: Mode;
  readonly symbols: number;
  readonly batchSize: number;
  readonly batches: number;
  readonly concurrency: number;
  /** Requests of a first pass over the whole universe. */
  readonly requestsPerCycle: number;
  /** Pages of a full batch's answer, each a request of its own: 1 up to 10,000 symbols times minutes. */
  readonly pagesPerBatch: number;
  /** A symbol is asked about once in so many minutes. 1 when the budget allows. */
  readonly cadenceMinutes: number;
  /** Requests that the first passes need each minute. */
  readonly requestsPerMinute: number;
  /** The most requests that second looks at missing symbols may add each minute. */
  readonly secondPassRequests: number;
  readonly budgetPerMinute: number;
  /** requestsPerMinute of budgetPerMinute, from 0 to 1. */
  readonly budgetShare: number;
  readonly roundTripMs: number;
  /** Estimated seconds of a first pass at that round trip. */
  readonly secondsPerCycle: number;
  /** True when every symbol can be asked about every minute. */
  readonly fits: boolean;
  readonly warnings: readonly string[];
}

const defaultRoundTripMs = 150;
const defaultLookback = 5;
const barsPerPage = 10_000;
const secondsInMinute = 60;

/**
 * Work out how to poll a universe inside the budget. Pure: the same input gives the same plan.
 *
 * @throws FleeceError `usage` for a number that is no whole number from 1 on, or a batch above 1,000.
 */
export function makePlan(input: PlanInput): Plan {
  check('batchSize', input.batchSize, largestBatch);
  check('concurrency', input.concurrency, Number.MAX_SAFE_INTEGER);
  check('requestsPerMinute', input.requestsPerMinute, Number.MAX_SAFE_INTEGER);
  const { mode, symbols, requestsPerMinute: budget, roundTripMs = defaultRoundTripMs } = input;
  const batchSize = chooseBatchSize(input);
  const concurrency = chooseConcurrency(input);
  const batches = requestsFor(symbols, { maxSymbols: batchSize, maxBytes: maxListBytes });
  const { lookback = defaultLookback } = input;
  const pagesPerBatch = Math.ceil((Math.min(batchSize, symbols.length) * (lookback + 1)) / barsPerPage) || 1;
  const requests = batches * pagesPerBatch;
  const rounds = Math.ceil(batches / concurrency) * pagesPerBatch;
  const secondsPerCycle = (rounds * roundTripMs) / 1000;
  const cadenceMinutes = Math.max(
    1,
    Math.ceil(requests / budget),
    Math.ceil(secondsPerCycle / secondsInMinute),
  );
  const requestsPerMinute = Math.ceil(requests / cadenceMinutes);
  const plan: Plan = {
    mode,
    symbols: symbols.length,
    batchSize,
    batches,
    concurrency,
    requestsPerCycle: requests,
    pagesPerBatch,
    cadenceMinutes,
    requestsPerMinute,
    secondPassRequests: secondPass(requests, requestsPerMinute, budget),
    budgetPerMinute: budget,
    budgetShare: requestsPerMinute / budget,
    roundTripMs,
    secondsPerCycle,
    fits: cadenceMinutes === 1,
    warnings: [],
  };
  return { ...plan, warnings: warningsFor(plan, symbols) };
}

/** Requests that ask about every symbol once. Stocks and crypto pairs have different endpoints. */
function requestsFor(symbols: readonly string[], limits: PackLimits): number {
  const stocks = symbols.filter((symbol) => !isCryptoPair(symbol));
  return pack(stocks, limits).length + pack(symbols.filter(isCryptoPair), limits).length;
}

function check(name: string, value: number | 'auto' | undefined, most: number): void {
  if (value === undefined || value === 'auto') return;
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new FleeceError('usage', `${name} has to be a whole number from 1 to ${most}, not ${value}`);
}

function chooseBatchSize({ symbols, mode, batchSize, requestsPerMinute }: PlanInput): number {
  const wanted = batchSize ?? modeShapes[mode].batchSize;
  if (wanted !== 'auto') return wanted;
  const fromMatrix = matrixRow(symbols.length).batchSize;
  return (
    autoBatchSizes.find(
      (size) =>
        size >= fromMatrix &&
        requestsFor(symbols, { maxSymbols: size, maxBytes: maxListBytes }) <= requestsPerMinute,
    ) ?? largestAutoBatch
  );
}

function chooseConcurrency({ symbols, mode, concurrency }: PlanInput): number {
  const wanted = concurrency ?? modeShapes[mode].concurrency;
  return wanted === 'auto' ? matrixRow(symbols.length).concurrency : wanted;
}

/** A small universe may be looked at several times. */
const fewestSecondLooks = 4;

/** Each symbol once, and at most half of what the first pass leaves: the other half is for retries. */
function secondPass(batches: number, requestsPerMinute: number, budget: number): number {
  return Math.max(
    0,
    Math.min(Math.max(fewestSecondLooks, batches), Math.floor((budget - requestsPerMinute) / 2)),
  );
}

function warningsFor(plan: Plan, symbols: readonly string[]): string[] {
  const warnings: string[] = [];
  if (plan.cadenceMinutes > 1) warnings.push(cadenceWarning(plan));
  if (plan.batchSize > largestAutoBatch) {
    warnings.push(
      `batches of ${plan.batchSize} are above ${largestAutoBatch}: one failing request costs that many symbols a retry`,
    );
  }
  if (plan.fits && plan.budgetShare > 0.9) {
    warnings.push(
      `the first pass takes ${Math.round(plan.budgetShare * 100)} % of the budget: little is left for retries and second looks`,
    );
  }
  const fewest = requestsFor(symbols, { maxSymbols: plan.batchSize, maxBytes: Number.POSITIVE_INFINITY });
  if (plan.batches > fewest) {
    warnings.push(
      `${plan.batches} requests instead of ${fewest}, since a URL may have ${maxUrlBytes} bytes at most`,
    );
  }
  return warnings;
}

function cadenceWarning(plan: Plan): string {
  const needed = Math.min(1_000, Math.ceil(plan.symbols / plan.budgetPerMinute));
  const remedies = [
    needed > plan.batchSize ? `--batch-size ${roundUp(needed)}` : undefined,
    plan.requestsPerCycle > plan.budgetPerMinute
      ? `--rpm ${plan.requestsPerCycle} if your plan allows it`
      : undefined,
    plan.concurrency < 4 ? '--concurrency 4' : undefined,
    'fewer symbols',
  ].filter((remedy) => remedy !== undefined);
  return (
    `${plan.symbols} symbols in ${plan.requestsPerCycle} requests do not fit into a minute ` +
    `(${plan.budgetPerMinute} requests a minute, about ${Math.ceil(plan.secondsPerCycle)} s a pass): ` +
    `each symbol is asked about every ${plan.cadenceMinutes} minutes, and no bar is lost. ` +
    `For every minute: ${remedies.join(', or ')}`
  );
}

function roundUp(size: number): number {
  return autoBatchSizes.find((candidate) => candidate >= size) ?? Math.ceil(size / 50) * 50;
}
