import { describe, expect, it } from 'vitest';
import { type Batch, LocalBus } from '../../src/fanout/bus.ts';

describe('the local bus', () => {
  it('calls every listener before publish returns, and none that has left', () => {
    const bus = new LocalBus();
    const seen: string[] = [];
    const leave = bus.subscribe(() => seen.push('a'));
    bus.subscribe(() => seen.push('b'));
    const batch: Batch = { type: 'bars', bars: [] };
    bus.publish(batch);
    leave();
    leave();
    bus.publish(batch);
    expect(seen).toEqual(['a', 'b', 'b']);
  });

  it('tells of a listener that threw, and calls the others all the same', () => {
    const errors: unknown[] = [];
    const bus = new LocalBus((error) => errors.push(error));
    const seen: Batch[] = [];
    bus.subscribe(() => {
      throw new Error('broken');
    });
    bus.subscribe((batch) => seen.push(batch));
    bus.publish({ type: 'bars', bars: [] });
    expect(seen).toHaveLength(1);
    expect(errors).toEqual([new Error('broken')]);
  });
});
