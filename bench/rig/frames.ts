import { toItem } from '../../src/fanout/stream-item.ts';
import { Subscription } from '../../src/fanout/subscription.ts';
import { jsonCodec } from '../../src/gateway/stream/codec.ts';
import { EncodedBatch } from '../../src/gateway/stream/encoded-batch.ts';
import type { Bar } from '../../src/market/bar.ts';

const everything = Subscription.none.with({ bars: ['*'], updatedBars: ['*'] });

/** The payloads that a client of `*` is sent for a batch. */
export function framesOf(bars: readonly Bar[]): Buffer[] {
  const batch = new EncodedBatch(bars.map(toItem));
  return batch.parcels(everything, jsonCodec).map(({ data }) => data);
}
