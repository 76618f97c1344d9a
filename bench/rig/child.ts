import { createInterface } from 'node:readline';
import type { Line } from './worker.ts';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The next thing that the bench tells this process; undefined when it is to end. */
export async function hear<T extends object = Line>(): Promise<T | undefined> {
  const next = await lines.next();
  return next.done ? undefined : (JSON.parse(next.value) as T);
}

/** The task that this process was started for. */
export async function task<T extends object>(): Promise<T> {
  const given = await hear<T>();
  if (!given) throw new Error('no task was given');
  return given;
}

export function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** CPU of this process so far, user and system, all threads, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The most memory that this process ever held, in MB. */
export function peakMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Heap and buffers in use after a collection, in MB. Needs `--expose-gc`. */
export function heapMb(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}
