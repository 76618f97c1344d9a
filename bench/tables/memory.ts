import { profileFlags } from '../rig/fleece.ts';
import { mean, slopeWithin } from '../rig/slope.ts';
import { type BenchOptions, type BenchTable, count, type Section } from '../rig/table.ts';
import { Worker } from '../rig/worker.ts';

/** Whether a stream that runs for a week grows. */
export const memoryTable: BenchTable = {
  name: 'memory',
  describe: 'heap over a virtual week at 2,000 symbols, and its slope',
  run: runMemory,
};

interface MemoryReport {
  readonly bars: number;
  readonly samples: readonly { readonly hour: number; readonly heapMb: number }[];
}

/** Hours left out: the code is still being compiled, and the first session fills what is kept. */
const settledAfterHours = 24;

async function runMemory({ quick, profile }: BenchOptions): Promise<Section> {
  const task = quick ? { symbols: 100, days: 3 } : { symbols: 2_000, days: 7 };
  const nodeFlags = ['--expose-gc', ...profileFlags(profile, 'memory')];
  const worker = new Worker(new URL('../children/memory.js', import.meta.url), { nodeFlags });
  const report = await worker.ask<MemoryReport>(task);
  await worker.ended();
  const settled = report.samples.filter(({ hour }) => hour > settledAfterHours);
  const { slope, error } = slopeWithin(
    settled.map(({ hour, heapMb }) => ({ x: hour / 24, y: heapMb, group: groupOf(hour) })),
  );
  const days = Array.from({ length: task.days }, (_, day) =>
    report.samples.filter(({ hour }) => Math.floor(hour / 24) === day).map(({ heapMb }) => heapMb),
  ).filter((heaps) => heaps.length > 0);
  const level = mean(settled.map(({ heapMb }) => heapMb));
  const within = slope < 2 * error || slope < level / 1_000;
  return {
    title: 'Memory over a week',
    about:
      `\`stream\` of ${count(task.symbols)} symbols from Monday midnight on, every minute of ${task.days} days, with a bar of every symbol in every minute of the five sessions: ` +
      `${count(report.bars)} bars. In one process on a clock that jumps; pages come from memory. Heap and buffers after a full collection, each virtual hour. ` +
      'The slope is that of all hours after the first day, each hour of the day having a level of its own, and another at the weekend.',
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
        found: `${(slope * 1024).toFixed(1)} +- ${(error * 1024).toFixed(1)} KB a day, of ${level.toFixed(1)} MB`,
        holds: within,
      },
    ],
  };
}

/** Hours that hold the same work: an hour of a weekday, or of a weekend. @param hour Since Monday midnight. */
function groupOf(hour: number): string {
  return `${Math.floor(hour / 24) % 7 < 5 ? 'weekday' : 'weekend'} ${hour % 24}`;
}
