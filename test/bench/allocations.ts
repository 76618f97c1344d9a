import { Session } from 'node:inspector/promises';

interface SampledNode {
  readonly callFrame: { readonly url: string };
  readonly selfSize: number;
  readonly children: readonly SampledNode[];
}

/** How often `bytesAllocatedIn` does the work. */
export const repeats = 5;

/**
 * Bytes that `work` allocates in functions of files whose address holds `file`, also those that are garbage at
 * once. Sampled every 128 bytes on average, so it is an estimate, but of work and not of time: the least of some
 * repeats, since before V8 has compiled a function, which it does when it finds the time, each number that the
 * function reads costs an object.
 */
export async function bytesAllocatedIn(file: string, work: () => void): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < repeats; repeat++) least = Math.min(least, await bytesOfOne(file, work));
  return least;
}

async function bytesOfOne(file: string, work: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: 128,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    work();
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return sizeOf(profile.head, file);
  } finally {
    session.disconnect();
  }
}

function sizeOf(node: SampledNode, file: string): number {
  const own = node.callFrame.url.includes(file) ? node.selfSize : 0;
  return node.children.reduce((sum, child) => sum + sizeOf(child, file), own);
}
