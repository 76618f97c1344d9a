import { type FleeceReport, type FleeceTask, steadyPart, streamWorker } from '../rig/fleece.ts';
import { listeners } from '../rig/listeners.ts';
import type { Burst, PagesReport } from '../rig/pages.ts';
import { RigSimulator, type SeenRequest } from '../rig/simulator.ts';
import { type BenchOptions, type BenchTable, count, median, ms, type Section, times } from '../rig/table.ts';
import { sessionClock } from '../rig/virtual-clock.ts';
import { Worker } from '../rig/worker.ts';

/** Fleece against reading its pages with the HTTP client and `JSON.parse` alone. */
export const floorTable: BenchTable = {
  name: 'floor',
  describe: 'CPU of stream and serve against reading the same pages with node:http and JSON.parse',
  run: runFloor,
};

/** Minutes in which the compiler is at work; a daemon runs all day. */
const warmUp = 8;
const clients = 10;

interface Size {
  readonly symbols: number;
  readonly minutes: number;
  readonly speed: number;
  readonly rounds: number;
}

interface Pair {
  readonly minutes: number;
  readonly cpuMs: number;
  readonly floorMs: number;
  readonly rows: number;
  readonly bars: number;
}

async function runFloor({ quick, profile }: BenchOptions): Promise<Section> {
  const size: Size = quick
    ? { symbols: 1_000, minutes: 2, speed: 15, rounds: 1 }
    : { symbols: 11_635, minutes: 5, speed: 18, rounds: 3 };
  // The store's two seconds, in which bars gather for a commit, are then about as long as a pass: so they are at real
  // speed, where a pass waits for the network. A faster clock would make more commits of a pass than there are.
  const slow: Size = quick ? size : { ...size, speed: 6 };
  const streams: Pair[] = [];
  const serves: Pair[] = [];
  for (let round = 0; round < size.rounds; round++)
    streams.push(await measure(size, streamed, profile && `${profile}/stream-${round}.cpuprofile`));
  for (let round = 0; round < slow.rounds; round++)
    serves.push(await measure(slow, served, profile && `${profile}/serve-${round}.cpuprofile`));
  const stream = median(streams.map(ratio));
  const serve = median(serves.map(ratio));
  return {
    title: 'CPU against the floor',
    about:
      `${count(size.symbols)} symbols, each minute a window of 6 minutes (lookback 5), a fifth of the minutes without a trade, ` +
      `${size.minutes} minutes after ${warmUp} to warm up, on a clock ${size.speed} times (${slow.speed} times) faster than real. ` +
      'The floor then reads exactly the pages that Fleece had asked for, with `node:http`, gunzip and `JSON.parse`, ' +
      `four at a time and with the same pauses, in a process of its own. \`serve\` keeps the bars in DuckDB and sends them to ${clients} clients of \`*\`; ` +
      `its clients are another process. Medians of ${size.rounds} alternating runs; CPU is user and system time of all threads.`,
    head: ['', 'CPU a minute', 'floor', 'ratio', 'all ratios', 'rows read a minute', 'new bars a minute'],
    rows: [row('stream, bars written as lines', streams), row(`serve, store and ${clients} clients`, serves)],
    verdicts: [
      { target: 'stream at most 1.5x', found: times(stream), holds: stream <= 1.5 },
      { target: `serve with ${clients} clients at most 2.5x`, found: times(serve), holds: serve <= 2.5 },
    ],
  };
}

function ratio({ cpuMs, floorMs }: Pair): number {
  return cpuMs / floorMs;
}

function row(name: string, pairs: readonly Pair[]): string[] {
  const per = (pick: (pair: Pair) => number) => median(pairs.map((pair) => pick(pair) / pair.minutes));
  return [
    name,
    ms(per(({ cpuMs }) => cpuMs)),
    ms(per(({ floorMs }) => floorMs)),
    times(median(pairs.map(ratio))),
    pairs.map((pair) => ratio(pair).toFixed(2)).join(' '),
    count(per(({ rows }) => rows)),
    count(per(({ bars }) => bars)),
  ];
}

type Run = (task: FleeceTask) => Promise<FleeceReport>;

async function measure(size: Size, run: Run, profile: string | undefined): Promise<Pair> {
  const clock = sessionClock(size.speed);
  const market = { symbols: size.symbols, quiet: 0.2 };
  const simulator = await RigSimulator.start({ clock, market, rateLimit: 'off', roundTripMs: 0 });
  try {
    const report = await run({
      url: simulator.url,
      clock,
      symbols: size.symbols,
      minutes: warmUp + size.minutes,
      sinceMinutes: 7,
      rpm: 180,
      writes: true,
      ...(profile !== undefined && { profile }),
    });
    const steady = steadyPart(report, warmUp);
    const requests = await simulator.requests();
    const before = requests.filter(({ at }) => at <= steady.from);
    const during = requests.filter(({ at }) => at > steady.from && at <= steady.to);
    const floor = await readAgain(simulator.url, before, during, size.speed);
    const { minutes, cpuMs, bars } = steady;
    return { minutes, cpuMs, floorMs: floor.cpuMs, rows: floor.bars, bars };
  } finally {
    await simulator.stop();
  }
}

async function readAgain(
  url: string,
  before: readonly SeenRequest[],
  during: readonly SeenRequest[],
  speed: number,
): Promise<PagesReport> {
  const worker = new Worker(new URL('../children/pages.js', import.meta.url));
  try {
    await worker.ask({ url });
    await worker.ask({ bursts: burstsOf(before, Number.POSITIVE_INFINITY) });
    return await worker.ask({ bursts: burstsOf(during, speed) });
  } finally {
    await worker.stop();
  }
}

/** A pause on the run's clock that parts two passes, in milliseconds. */
const pauseMs = 2_000;

/** Requests as they came: pass by pass, with the pauses between them, which are pauses for the floor too. */
function burstsOf(requests: readonly SeenRequest[], speed: number): Burst[] {
  const bursts: { afterMs: number; readonly paths: string[] }[] = [];
  const start = requests[0]?.at ?? 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const { at, url } of requests) {
    if (at - last > pauseMs) bursts.push({ afterMs: (at - start) / speed, paths: [] });
    bursts.at(-1)?.paths.push(url);
    last = at;
  }
  return bursts;
}

const streamed: Run = async (task) => {
  const worker = streamWorker([]);
  try {
    return await worker.ask<FleeceReport>({ ...task });
  } finally {
    await worker.ended();
  }
};

const served: Run = async (task) => {
  const worker = new Worker(new URL('../children/serve.js', import.meta.url));
  try {
    const { gateway } = await worker.ask<{ gateway: number }>({ ...task });
    const audience = await listeners({ port: gateway, path: '/v2/iex', clients });
    try {
      return await worker.ask<FleeceReport>({ go: true });
    } finally {
      await audience.stop();
    }
  } finally {
    await worker.ended();
  }
};
