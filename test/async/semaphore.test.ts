import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../src/async/semaphore.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Tasks that run until they are told to end. */
function gate(semaphore: Semaphore, count: number) {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const runs = Array.from({ length: count }, (_, task) =>
    semaphore.run(
      () =>
        new Promise<number>((resolve) => {
          started.push(task);
          ends[task] = () => resolve(task);
        }),
    ),
  );
  return { started, runs, end: (task: number) => ends[task]?.() };
}

describe('Semaphore', () => {
  it('starts as many tasks as its limit, and the next when one ends, in order', async () => {
    const semaphore = new Semaphore(2);
    const { started, runs, end } = gate(semaphore, 4);
    await settle();
    expect(started).toEqual([0, 1]);
    end(1);
    await settle();
    expect(started).toEqual([0, 1, 2]);
    expect(semaphore.running).toBe(2);
    end(0);
    end(2);
    await settle();
    end(3);
    expect(await Promise.all(runs)).toEqual([0, 1, 2, 3]);
    expect(semaphore.running).toBe(0);
  });

  it('frees the place of a task that fails, and passes the error on', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await semaphore.run(() => Promise.resolve('next'))).toBe('next');
  });

  it('frees the place of a task that throws before it returns a promise', async () => {
    const semaphore = new Semaphore(1);
    await expect(
      semaphore.run(() => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    expect(semaphore.running).toBe(0);
  });

  it('lets waiting tasks in when the limit rises', async () => {
    const semaphore = new Semaphore(1);
    const { started, end, runs } = gate(semaphore, 3);
    await settle();
    expect(started).toEqual([0]);
    semaphore.setLimit(3);
    await settle();
    expect(started).toEqual([0, 1, 2]);
    for (const task of [0, 1, 2]) end(task);
    await Promise.all(runs);
  });

  it('lets running tasks end when the limit falls, and starts no other above it', async () => {
    const semaphore = new Semaphore(3);
    const { started, end, runs } = gate(semaphore, 5);
    await settle();
    semaphore.setLimit(1);
    end(0);
    end(1);
    await settle();
    expect(started).toEqual([0, 1, 2]);
    end(2);
    await settle();
    expect(started).toEqual([0, 1, 2, 3]);
    end(3);
    await settle();
    end(4);
    await Promise.all(runs);
  });

  it('never runs more than its limit at a time, and runs every task once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 40 }),
        async (limit, turns) => {
          const semaphore = new Semaphore(limit);
          let running = 0;
          let most = 0;
          const done: number[] = [];
          await Promise.all(
            turns.map((count, task) =>
              semaphore.run(async () => {
                running += 1;
                most = Math.max(most, running);
                for (let turn = 0; turn < count; turn++) await settle();
                running -= 1;
                done.push(task);
              }),
            ),
          );
          expect(most).toBe(Math.min(limit, turns.length));
          expect(done.toSorted((a, b) => a - b)).toEqual(turns.map((_, task) => task));
        },
      ),
      { numRuns: 50 },
    );
  });
});
