import { streamBars } from '../app/stream-bars.ts';
import { clockOf } from './clock.ts';
import { processEnvironment } from '../app/config/environment.ts';
import { NdjsonWriter } from './ndjson-writer.ts';
import type { ChildReport, ChildTask } from './loadtest-report.ts';

/**
 * One row of the load test in a process of its own, so that its CPU and memory are nobody else's: streams the
 * task's symbols, writes each delivery as a line, and reports what it cost.
 */
const task = JSON.parse(process.argv[2] ?? '{}') as ChildTask;
const cpuBefore = process.cpuUsage();
let requests = 0;
let refused = 0;
let passes = 0;
let passMs = 0;
const stream = streamBars({
  ...task,
  clock: clockOf(processEnvironment()),
  onRequest: ({ status }) => {
    requests += 1;
    if (status === 429) refused += 1;
  },
});
const writer = new NdjsonWriter(process.stdout, () => stream.stop());
for await (const batch of stream.batches()) {
  for (const event of batch) {
    if (event.type !== 'pass' || event.pass !== 'first') continue;
    passes += 1;
    passMs += event.finishedAt - event.startedAt;
  }
  await writer.write(batch);
}
writer.check();
const cpu = process.cpuUsage(cpuBefore);
const report: ChildReport = {
  requests,
  refused,
  meanPassMs: passMs / Math.max(1, passes),
  cpuMs: (cpu.user + cpu.system) / 1000,
  peakMemoryMb: process.resourceUsage().maxRSS / 1024,
};
process.send?.(report);
process.disconnect?.();
