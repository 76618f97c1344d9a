import type { MarketOptions } from '../../src/simulator/index.ts';
import { type FleeceReport, streamWorker } from '../rig/fleece.ts';
import { RigSimulator } from '../rig/simulator.ts';
import { type BenchOptions, type BenchTable, count, quantile, type Section } from '../rig/table.ts';
import { sessionClock } from '../rig/virtual-clock.ts';

/** How long a bar that can be had waits until it is in the consumer's hands. */
export const latenessTable: BenchTable = {
  name: 'lateness',
  describe: 'from when a bar can be had to the consumer, at a round trip of 50 ms, in real time',
  run: runLateness,
};

const roundTripMs = 50;
/** The default settle time: the first pass of a minute starts this long after its close. */
const settleMs = 1_500;

interface Case {
  readonly symbols: number;
  readonly name: string;
  readonly delayMs: readonly [number, number];
  /** Milliseconds that p99 has to stay under. */
  readonly target?: number;
}

const cases: readonly Case[] = [
  { symbols: 500, name: 'whole minute after 1.5 s', delayMs: [settleMs, settleMs], target: 500 },
  { symbols: 11_635, name: 'whole minute after 1.5 s', delayMs: [settleMs, settleMs], target: 2_000 },
  { symbols: 500, name: 'whole minute after 2.5 s', delayMs: [2_500, 2_500] },
  { symbols: 11_635, name: 'whole minute after 2.5 s', delayMs: [2_500, 2_500], target: 2_000 },
  { symbols: 500, name: 'spread over 0.1 to 3 s', delayMs: [100, 3_000] },
  { symbols: 11_635, name: 'spread over 0.1 to 3 s', delayMs: [100, 3_000] },
];

/** In the first minute the code is cold; in the others Fleece learns when the service has its bars. */
const warmUp = 4;

interface Found {
  readonly given: Case;
  readonly sorted: readonly number[];
  readonly mostPerMinute: number;
  readonly passMs: number;
}

async function runLateness({ quick }: BenchOptions): Promise<Section> {
  const minutes = quick ? 1 : 2;
  // Each in ten seconds of the minute of its own, so that none works while another does.
  const found = await Promise.all(cases.map((given, place) => measure(given, minutes, place * 10_000)));
  return {
    title: 'Lateness',
    about:
      `Each request is answered ${roundTripMs} ms after it came, from what could be had as it came. Real time, ${minutes} minutes after ${warmUp} to warm up, ` +
      'settle 1.5 s and all else by default, at most 180 requests a minute. "Whole minute after 1.5 s": the service has all bars of a minute ' +
      '1.5 s after its close, which is what the settle time stands for; the target is measured from there. "After 2.5 s": it has them a second later, ' +
      'and the first passes of the warm-up find nothing. ' +
      '"Spread": each bar can be had at a moment of its own, evenly between 0.1 and 3 s after the close, and its lateness is measured from that moment. ' +
      'Of 500 symbols what was missing at the first pass is looked for again after 1.5 s; of the whole market the first pass waits until it is there.',
    head: ['', 'symbols', 'bars', 'p50', 'p99', 'largest', 'first pass', 'requests in any 60 s'],
    rows: found.map(({ given, sorted, mostPerMinute, passMs }) => [
      given.name,
      count(given.symbols),
      count(sorted.length),
      seconds(quantile(sorted, 0.5)),
      seconds(quantile(sorted, 0.99)),
      seconds(sorted.at(-1) ?? Number.NaN),
      seconds(passMs),
      String(mostPerMinute),
    ]),
    verdicts: [
      ...found.flatMap(({ given, sorted }) => {
        if (given.target === undefined) return [];
        const p99 = quantile(sorted, 0.99);
        const target = `${count(given.symbols)} symbols, ${given.name}: p99 under ${seconds(given.target)} from the minute's availability`;
        return [{ target, found: seconds(p99), holds: p99 < given.target }];
      }),
      {
        target: 'at most 180 requests in any 60 s',
        found: String(Math.max(...found.map(({ mostPerMinute }) => mostPerMinute))),
        holds: found.every(({ mostPerMinute }) => mostPerMinute <= 180),
      },
    ],
  };
}

async function measure(given: Case, minutes: number, phaseMs: number): Promise<Found> {
  const clock = sessionClock(1, Date.parse('2026-01-14T15:00:05Z') + phaseMs);
  const market: MarketOptions = { symbols: given.symbols, quiet: 0.2, delayMs: given.delayMs };
  const simulator = await RigSimulator.start({ clock, market, rateLimit: 200, roundTripMs });
  const worker = streamWorker([]);
  try {
    const report = await worker.ask<FleeceReport>({
      url: simulator.url,
      clock,
      symbols: given.symbols,
      minutes: minutes + warmUp,
      sinceMinutes: 0,
      rpm: 180,
      writes: false,
      market,
      warmUp,
    });
    const firsts = report.marks.filter(({ pass }) => pass === 'first').slice(warmUp);
    return {
      given,
      sorted: report.lateness.toSorted((a, b) => a - b),
      mostPerMinute: mostPerMinute((await simulator.requests()).map(({ at }) => at)),
      passMs: firsts.reduce((sum, mark) => sum + mark.passMs, 0) / firsts.length,
    };
  } finally {
    await Promise.all([worker.stop(), simulator.stop()]);
  }
}

function mostPerMinute(times: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (const [at, time] of times.entries()) {
    while ((times[from] ?? time) <= time - 60_000) from += 1;
    most = Math.max(most, at - from + 1);
  }
  return most;
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(2)} s`;
}
