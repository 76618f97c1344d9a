import type { BackfillReport } from '../rig/backfill.ts';
import { profileFlags } from '../rig/fleece.ts';
import { RigSimulator } from '../rig/simulator.ts';
import {
  type BenchOptions,
  type BenchTable,
  count,
  mb,
  median,
  ms,
  type Section,
  times,
} from '../rig/table.ts';
import { sessionClock } from '../rig/virtual-clock.ts';
import { Worker } from '../rig/worker.ts';

/** A whole session of the whole market into DuckDB. */
export const backfillTable: BenchTable = {
  name: 'backfill',
  describe: 'one session of 11,635 symbols into DuckDB, against reading the pages and a bare appender',
  run: runBackfillTable,
};

/** The evening of the day whose session is fetched. */
const evening = Date.parse('2026-01-14T23:00:00Z');
const session = { from: Date.parse('2026-01-14T14:30:00Z'), to: Date.parse('2026-01-14T21:00:00Z') };

interface Pair {
  readonly symbols: number;
  readonly fleece: BackfillReport;
  readonly floor: BackfillReport | undefined;
}

async function runBackfillTable({ quick, profile }: BenchOptions): Promise<Section> {
  const whole = quick ? 400 : 11_635;
  const rounds = 1;
  const pairs: Pair[] = [];
  for (const symbols of [Math.ceil(whole / 4), Math.ceil(whole / 2)])
    pairs.push(await measure(symbols, false, profile));
  for (let round = 0; round < rounds; round++) pairs.push(await measure(whole, true, profile));
  const full = pairs.filter(({ floor }) => floor);
  const cpu = median(full.map(({ fleece, floor }) => fleece.cpuMs / (floor?.cpuMs ?? 1)));
  const wall = median(full.map(({ fleece, floor }) => fleece.wallMs / (floor?.wallMs ?? 1)));
  const [quarter, half] = pairs;
  const last = full.at(-1);
  const perBar = (one: Pair | undefined) => (one ? one.fleece.cpuMs / one.fleece.bars : Number.NaN);
  const linear = perBar(last) / perBar(quarter);
  const bytes = last ? last.fleece.bytes / last.fleece.bars : Number.NaN;
  const peak = (last?.fleece.peakMb ?? 0) / (half?.fleece.peakMb ?? 1);
  return {
    title: 'Backfill of a session',
    about:
      'One regular session of 390 minutes in which every symbol trades in every minute, the rate limit lifted, into a new DuckDB file that is closed at the end. ' +
      'The floor reads the same pages with `node:http`, gunzip and `JSON.parse` and puts every bar into a table of the same columns with a bare appender: ' +
      'it checks, compares and accounts for nothing. A simulator in another process makes up the bars; where it is slower than its reader, wall time says more of it than of the reader, and CPU is the measure.',
    head: ['', 'bars', 'CPU', 'CPU a bar', 'wall', 'bytes a bar on disk', 'peak memory'],
    rows: pairs.flatMap(({ symbols, fleece, floor }) => [
      row(`backfill, ${count(symbols)} symbols`, fleece),
      ...(floor ? [row('floor', floor)] : []),
    ]),
    verdicts: [
      { target: 'CPU at most 2x of the floor', found: times(cpu), holds: cpu <= 2 },
      { target: 'wall time at most 2x of the floor', found: times(wall), holds: wall <= 2 },
      {
        target: 'cost linear in bars: CPU a bar of the whole against that of a quarter, at most 1.15x',
        found: times(linear),
        holds: linear <= 1.15,
      },
      { target: 'at most 30 bytes a bar on disk', found: bytes.toFixed(1), holds: bytes <= 30 },
      {
        target: 'peak memory flat: of the whole against that of the half, at most 1.15x',
        found: times(peak),
        holds: peak <= 1.15,
      },
    ],
  };
}

function row(name: string, { bars, cpuMs, wallMs, bytes, peakMb }: BackfillReport): string[] {
  return [
    name,
    count(bars),
    ms(cpuMs),
    `${((cpuMs * 1000) / bars).toFixed(2)} us`,
    ms(wallMs),
    (bytes / bars).toFixed(1),
    mb(peakMb),
  ];
}

async function measure(symbols: number, withFloor: boolean, profile: string | undefined): Promise<Pair> {
  const clock = sessionClock(1, evening);
  const simulator = await RigSimulator.start({
    clock,
    market: { symbols, quiet: 0 },
    rateLimit: 'off',
    roundTripMs: 0,
  });
  try {
    const task = { url: simulator.url, clock, symbols, ...session };
    const nodeFlags = profileFlags(profile, `backfill-${symbols}`);
    const fleece = await run('../children/backfill.js', task, nodeFlags);
    if (!withFloor) return { symbols, fleece, floor: undefined };
    const paths = (await simulator.requests()).map(({ url }) => url);
    return {
      symbols,
      fleece,
      floor: await run('../children/appender.js', { url: simulator.url, paths }, []),
    };
  } finally {
    await simulator.stop();
  }
}

async function run(script: string, task: object, nodeFlags: readonly string[]): Promise<BackfillReport> {
  const worker = new Worker(new URL(script, import.meta.url), { nodeFlags });
  try {
    return await worker.ask<BackfillReport>({ ...task });
  } finally {
    await worker.ended();
  }
}
