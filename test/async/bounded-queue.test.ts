import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../../src/async/bounded-queue.ts';

/** Let everything that is ready run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function drain<T>(queue: BoundedQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe('BoundedQueue', () => {
  it('says true while there is room, and makes the writer wait once it is full', async () => {
    const queue = new BoundedQueue<number>(3);
    expect(queue.write(1)).toBe(true);
    expect(queue.write(2)).toBe(true);
    expect(queue.write(3)).toBeInstanceOf(Promise);
    expect(queue.size).toBe(3);
  });

  it('keeps the item of a writer that waits, and releases the writer when the reader makes room', async () => {
    const queue = new BoundedQueue<number>(2);
    void queue.write(1);
    let released = false;
    const waiting = Promise.resolve(queue.write(2)).then(() => {
      released = true;
    });
    await settle();
    expect(released).toBe(false);
    const reader = queue[Symbol.asyncIterator]();
    expect((await reader.next()).value).toBe(1);
    await waiting;
    expect(released).toBe(true);
    expect((await reader.next()).value).toBe(2);
  });

  it('takes a capacity below one for one', async () => {
    const queue = new BoundedQueue<number>(0);
    expect(queue.write(1)).toBeInstanceOf(Promise);
    queue.end();
    expect(await drain(queue)).toEqual([1]);
  });

  it('wakes a reader that came before the first item', async () => {
    const queue = new BoundedQueue<string>(4);
    const reading = drain(queue);
    await settle();
    void queue.write('first');
    await settle();
    void queue.write('second');
    queue.end();
    expect(await reading).toEqual(['first', 'second']);
  });

  it('hands out what is in it after the end, and then ends', async () => {
    const queue = new BoundedQueue<number>(10);
    for (const item of [1, 2, 3]) void queue.write(item);
    queue.end();
    expect(await drain(queue)).toEqual([1, 2, 3]);
    expect(await drain(queue)).toEqual([]);
  });

  it('takes nothing in after the end, and makes nobody wait', async () => {
    const queue = new BoundedQueue<number>(1);
    queue.end();
    expect(queue.write(1)).toBe(true);
    expect(await drain(queue)).toEqual([]);
  });

  it('releases every waiting writer when it ends', async () => {
    const queue = new BoundedQueue<number>(1);
    const writers = [queue.write(1), queue.write(2), queue.write(3)];
    queue.end();
    await Promise.all(writers.map((writer) => Promise.resolve(writer)));
    expect(await drain(queue)).toEqual([1, 2, 3]);
  });

  it('throws the error of a failure after the items before it', async () => {
    const queue = new BoundedQueue<number>(10);
    void queue.write(1);
    queue.fail(new Error('broken'));
    const items: number[] = [];
    await expect(
      (async () => {
        for await (const item of queue) items.push(item);
      })(),
    ).rejects.toThrow('broken');
    expect(items).toEqual([1]);
  });

  it('keeps the first of several failures', async () => {
    const queue = new BoundedQueue<number>(10);
    queue.fail(new Error('first'));
    queue.fail(new Error('second'));
    await expect(drain(queue)).rejects.toThrow('first');
  });

  it('releases the writers when the reader leaves its loop', async () => {
    const queue = new BoundedQueue<number>(1);
    const writers = [queue.write(1), queue.write(2), queue.write(3)];
    for await (const item of queue) {
      expect(item).toBe(1);
      break;
    }
    await Promise.all(writers.map((writer) => Promise.resolve(writer)));
    expect(queue.write(4)).toBe(true);
  });

  it('carries undefined like any other item', async () => {
    const queue = new BoundedQueue<undefined>(4);
    void queue.write(undefined);
    void queue.write(undefined);
    queue.end();
    expect(await drain(queue)).toEqual([undefined, undefined]);
  });

  it('keeps the order and loses nothing, and a waiting writer keeps it near its capacity, whatever the pace', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 20 }),
        async (capacity, writerPauses, readerPauses) => {
          const queue = new BoundedQueue<number>(capacity);
          let most = 0;
          const writing = (async () => {
            for (const [item, pauses] of writerPauses.entries()) {
              for (let turn = 0; turn < pauses; turn++) await settle();
              const room = queue.write(item);
              most = Math.max(most, queue.size);
              await room;
            }
            queue.end();
          })();
          const items: number[] = [];
          for await (const item of queue) {
            items.push(item);
            const pauses = readerPauses[items.length % readerPauses.length] ?? 0;
            for (let turn = 0; turn < pauses; turn++) await settle();
          }
          await writing;
          expect(items).toEqual(writerPauses.map((_, item) => item));
          expect(most).toBeLessThanOrEqual(capacity);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps the order over many thousand items in one go', async () => {
    const queue = new BoundedQueue<number>(5_000);
    for (let item = 0; item < 10_000; item++) void queue.write(item);
    queue.end();
    expect(await drain(queue)).toEqual(Array.from({ length: 10_000 }, (_, item) => item));
    expect(queue.size).toBe(0);
  });
});
