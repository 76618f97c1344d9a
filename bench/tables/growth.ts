import { type FleeceReport, profileFlags, steadyPart, streamWorker } from '../rig/fleece.ts';
import { RigSimulator } from '../rig/simulator.ts';
import { type BenchOptions, type BenchTable, count, mb, type Section } from '../rig/table.ts';
import { sessionClock } from '../rig/virtual-clock.ts';

/** What a bar, a symbol and a cycle cost as the universe grows. */
export const growthTable: BenchTable = {
  name: 'growth',
  describe: 'CPU a bar, memory a symbol and seconds a cycle from 100 to 100,000 symbols',
  run: runGrowth,
};

const warmUp = 2;
const minutes = 3;

interface Step {
  readonly symbols: number;
  readonly speed: number;
}

interface Found extends Step {
  readonly cpuPerBarUs: number;
  readonly heapMb: number;
  readonly peakMb: number;
  readonly cycleMs: number;
  readonly requests: number;
}

async function runGrowth({ quick, profile }: BenchOptions): Promise<Section> {
  const steps: readonly Step[] = quick
    ? [
        { symbols: 100, speed: 60 },
        { symbols: 1_000, speed: 60 },
      ]
    : [
        { symbols: 100, speed: 60 },
        { symbols: 1_000, speed: 60 },
        { symbols: 10_000, speed: 20 },
        { symbols: 100_000, speed: 4 },
      ];
  const found: Found[] = [];
  for (const step of steps) found.push(await measure(step, profile));
  const [smallest] = found;
  const kbPerSymbol = ({ symbols, heapMb }: Found) => ((heapMb - (smallest?.heapMb ?? 0)) * 1024) / symbols;
  const middle = found.at(-2);
  const largest = found.at(-1);
  const cpuRatio = (largest?.cpuPerBarUs ?? 0) / (middle?.cpuPerBarUs ?? 1);
  const memoryRatio = largest && middle ? kbPerSymbol(largest) / kbPerSymbol(middle) : Number.NaN;
  return {
    title: 'Growth',
    about:
      `\`stream\` over made-up universes, batches as the plan says, the budget lifted to 10,000 requests a minute, a fifth of the minutes without a trade; ` +
      `${minutes} minutes after ${warmUp} to warm up, the clock so fast that a minute still holds its work. "CPU a bar" is all CPU of the process by new bars ` +
      '(each is read about six times, once in each window); "memory a symbol" is the heap after a collection, above that of 100 symbols. ' +
      'At 100 and 1,000 symbols the requests, not the bars, are what costs.',
    head: [
      'symbols',
      'CPU a bar',
      'memory a symbol',
      'first pass',
      'first pass by 1,000 symbols',
      'requests a minute',
      'peak memory',
    ],
    rows: found.map((one) => [
      count(one.symbols),
      `${one.cpuPerBarUs.toFixed(1)} us`,
      one === smallest ? '' : `${kbPerSymbol(one).toFixed(2)} KB`,
      `${(one.cycleMs / 1000).toFixed(2)} s`,
      `${((one.cycleMs / one.symbols) * 1000).toFixed(0)} ms`,
      count(one.requests),
      mb(one.peakMb),
    ]),
    verdicts: [
      {
        target: 'CPU a bar flat or better with tenfold symbols (the last step)',
        found: `${cpuRatio.toFixed(2)}x`,
        holds: cpuRatio <= 1.15,
      },
      {
        target: 'memory a symbol flat or better (the last step)',
        found: `${memoryRatio.toFixed(2)}x`,
        holds: memoryRatio <= 1.15,
      },
    ],
  };
}

async function measure({ symbols, speed }: Step, profile: string | undefined): Promise<Found> {
  const clock = sessionClock(speed);
  const simulator = await RigSimulator.start({
    clock,
    market: { symbols, quiet: 0.2, delayMs: [100, 1_000] },
    rateLimit: 'off',
    roundTripMs: 0,
  });
  const worker = streamWorker(['--expose-gc', ...profileFlags(profile, `growth-${symbols}`)]);
  try {
    const report = await worker.ask<FleeceReport>({
      url: simulator.url,
      clock,
      symbols,
      minutes: warmUp + minutes,
      sinceMinutes: 7,
      rpm: 10_000,
      writes: false,
    });
    const { cpuMs, bars, from, to, passMs, minutes: measured } = steadyPart(report, warmUp);
    const requests = (await simulator.requests()).filter(({ at }) => at > from && at <= to).length;
    return {
      symbols,
      speed,
      cpuPerBarUs: (cpuMs * 1000) / bars,
      heapMb: report.heapMb,
      peakMb: report.peakMb,
      cycleMs: passMs,
      requests: requests / measured,
    };
  } finally {
    await worker.ended();
    await simulator.stop();
  }
}
