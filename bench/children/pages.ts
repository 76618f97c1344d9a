import { cpuMs, hear, peakMb, task, tell } from '../rig/child.ts';
import { PageReader } from '../rig/pages.ts';

/** Reads pages that somebody else asked for before, and reports what that cost. */
const { url } = await task<{ url: string }>();
const reader = new PageReader(url);
tell({ ready: true });
for (;;) {
  const next = await hear<{ paths: readonly string[] }>();
  if (!next) break;
  const before = cpuMs();
  let bars = 0;
  await reader.read(next.paths, (page) => {
    for (const symbol in page.bars) bars += page.bars[symbol]?.length ?? 0;
  });
  tell({ cpuMs: cpuMs() - before, bars, peakMb: peakMb() });
}
await reader.close();
