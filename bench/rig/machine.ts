import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** What the figures were taken on. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() || 'unnamed processor';
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} x ${model}, ${memory} GB, ${process.platform} ${process.arch}, Node ${process.version}`;
}

/** Processes that wanted to run in the last minute, on average. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
