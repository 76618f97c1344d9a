import { symbolList } from '../../src/simulator/index.ts';
import type { MarketOptions } from '../../src/simulator/index.ts';
import type { ClockText } from './virtual-clock.ts';
import { Worker } from './worker.ts';

/** What a process of Fleece is to do. */
export interface FleeceTask {
  readonly url: string;
  readonly clock: ClockText;
  /** How many of the simulator's symbols. */
  readonly symbols: number;
  /** Minutes to deliver after the start. */
  readonly minutes: number;
  /** Minutes before the start that are asked for first, so that the window has its full length at once. */
  readonly sinceMinutes: number;
  readonly rpm: number;
  /** Write bars as lines, as the command does, or only count them. */
  readonly writes: boolean;
  /** Given for lateness only: the market that says when each bar could be had. */
  readonly market?: MarketOptions;
  /** Minutes whose lateness does not count. */
  readonly warmUp?: number;
  /** A file for a CPU profile of the minutes after the first few. */
  readonly profile?: string;
}

/** Where the process stood when a pass was over. */
export interface PassMark {
  readonly minute: number;
  readonly pass: 'first' | 'second' | 'since';
  /** On the run's clock. */
  readonly at: number;
  /** CPU so far, in milliseconds. */
  readonly cpuMs: number;
  /** How long the pass took, in real milliseconds. */
  readonly passMs: number;
  readonly peakMb: number;
}

export interface FleeceReport {
  readonly firstMinute: number;
  readonly marks: readonly PassMark[];
  /** First deliveries by minute, from the first on. */
  readonly bars: readonly number[];
  readonly heapMb: number;
  readonly peakMb: number;
  /** Milliseconds from when a bar could be had until it was in the consumer's hands, of minutes after the warm-up. */
  readonly lateness: readonly number[];
}

export function streamWorker(nodeFlags: readonly string[]): Worker {
  return new Worker(new URL('../children/stream.js', import.meta.url), { nodeFlags });
}

export function profileFlags(folder: string | undefined, name: string): readonly string[] {
  return folder === undefined
    ? []
    : ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}

export function universe(count: number): readonly string[] {
  return symbolList(count);
}

/** What the minutes after the first ones cost. */
export interface SteadyPart {
  readonly minutes: number;
  readonly cpuMs: number;
  /** First deliveries of these minutes. */
  readonly bars: number;
  /** When they lie on the run's clock. */
  readonly from: number;
  readonly to: number;
  /** Mean duration of a first pass, in real milliseconds. */
  readonly passMs: number;
}

/** The part of a run from the first pass of minute `warmUp` on. */
export function steadyPart({ marks, bars, firstMinute }: FleeceReport, warmUp: number): SteadyPart {
  const firsts = marks.filter(({ pass }) => pass === 'first');
  const start = firsts[warmUp - 1];
  const end = firsts.at(-1);
  if (!start || !end || start === end)
    throw new Error(`only ${firsts.length} first passes were made in time`);
  const measured = firsts.slice(warmUp);
  const [from, to] = [start.minute + 1 - firstMinute, end.minute + 1 - firstMinute];
  return {
    minutes: to - from,
    cpuMs: end.cpuMs - start.cpuMs,
    bars: bars.slice(from, to).reduce((sum, one) => sum + one, 0),
    from: start.at,
    to: end.at,
    passMs: measured.reduce((sum, mark) => sum + mark.passMs, 0) / measured.length,
  };
}
