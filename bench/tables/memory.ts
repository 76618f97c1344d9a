import { profileFlags } from '../rig/fleece.ts';
import { mean, type Slope, slopeWithin } from '../rig/slope.ts';
import { type BenchOptions, type BenchTable, count, type Section } from '../rig/table.ts';
import { Worker } from '../rig/worker.ts';

/** Whether a stream that runs for two weeks grows in the second. */
export const memoryTable: BenchTable = {
  name: 'memory',
  describe: 'heap over two virtual weeks at 2,000 symbols, and its slope in the second',
  run: runMemory,
};

interface MemoryReport {
  readonly bars: number;
  readonly samples: readonly Sample[];
}

interface Sample {
  /** Since Monday midnight. */
  readonly hour: number;
  readonly heapMb: number;
}

/**
 * `settleDays` are the days before those that count. V8 compiles, throws away and compiles again what each hour of
 * the day and the weekend run, and its code and its lists of what that code rests upon are in the heap too. They
 * come to rest within a week.
 */
const sizes = {
  full: { symbols: 2_000, days: 14, settleDays: 7 },
  quick: { symbols: 100, days: 3, settleDays: 1 },
} as const;

async function runMemory({ quick, profile }: BenchOptions): Promise<Section> {
  const { settleDays, ...task } = quick ? sizes.quick : sizes.full;
  const nodeFlags = ['--expose-gc', ...profileFlags(profile, 'memory')];
  const worker = new Worker(new URL('../children/memory.js', import.meta.url), { nodeFlags });
  const { bars, samples } = await worker.ask<MemoryReport>(task);
  await worker.ended();
  const within = (from: number, to: number) =>
    samples.filter(({ hour }) => hour >= from * 24 && hour < to * 24);
  const days = Array.from({ length: task.days }, (_, day) =>
    within(day, day + 1).map(({ heapMb }) => heapMb),
  );
  const settled = within(settleDays, task.days);
  const { slope, error } = slopeOf(settled);
  const level = mean(settled.map(({ heapMb }) => heapMb));
  return {
    title: 'Memory over two weeks',
    about:
      `\`stream\` of ${count(task.symbols)} symbols from Monday midnight on, every minute of ${task.days} days, with a bar of every symbol in every minute of each session: ` +
      `${count(bars)} bars. In one process on a clock that jumps; pages come from memory. Heap and buffers after a full collection, each virtual hour. ` +
      `The slope is that of the hours after day ${settleDays}, each hour of the day having a level of its own, and another at the weekend. ` +
      'Before that V8 is still compiling, and its code is in the heap.',
    head: ['day', 'lowest', 'mean', 'highest'],
    rows: days.map((heaps, day) => [
      String(day + 1),
      `${Math.min(...heaps).toFixed(2)} MB`,
      `${mean(heaps).toFixed(2)} MB`,
      `${Math.max(...heaps).toFixed(2)} MB`,
    ]),
    verdicts: [
      {
        target:
          'no growth: the slope is within two standard errors of none, or below a thousandth of the heap a day',
        found:
          `${kbADay({ slope, error })}, of ${level.toFixed(1)} MB` +
          (settleDays > 1
            ? ` (${kbADay(slopeOf(within(1, settleDays)))} from day 2 to day ${settleDays})`
            : ''),
        holds: slope < 2 * error || slope < level / 1_000,
      },
    ],
  };
}

/** Change of the heap a day, in MB. */
function slopeOf(samples: readonly Sample[]): Slope {
  return slopeWithin(samples.map(({ hour, heapMb }) => ({ x: hour / 24, y: heapMb, group: groupOf(hour) })));
}

function kbADay({ slope, error }: Slope): string {
  return `${(slope * 1024).toFixed(1)} +- ${(error * 1024).toFixed(1)} KB a day`;
}

/** Hours that hold the same work: an hour of a weekday, or of a weekend. @param hour Since Monday midnight. */
function groupOf(hour: number): string {
  return `${Math.floor(hour / 24) % 7 < 5 ? 'weekday' : 'weekend'} ${hour % 24}`;
}
