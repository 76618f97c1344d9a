import { setTimeout } from 'node:timers/promises';
import { cpuMs, hear, peakMb, task, tell } from '../rig/child.ts';
import { type Burst, PageReader, type PagesReport } from '../rig/pages.ts';

/** Reads pages that somebody else asked for before, at the same pace, and reports what that cost. */
const { url } = await task<{ url: string }>();
const reader = new PageReader(url);
tell({ ready: true });
for (;;) {
  const next = await hear<{ bursts: readonly Burst[] }>();
  if (!next) break;
  const began = Date.now();
  const before = cpuMs();
  let bars = 0;
  for (const { afterMs, paths } of next.bursts) {
    await setTimeout(Math.max(0, began + afterMs - Date.now()));
    await reader.read(paths, (page) => {
      for (const symbol in page.bars) bars += page.bars[symbol]?.length ?? 0;
    });
  }
  const report: PagesReport = { cpuMs: cpuMs() - before, bars, peakMb: peakMb() };
  tell(report);
}
reader.close();
