import { expect, it } from 'vitest';
import { Recorder } from '../../src/ingest/recorder.ts';
import type { Bar } from '../../src/market/bar.ts';
import type { BarStore } from '../../src/store/bar-store.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';

it('lets those go on who wait for room, and makes nobody wait any more, once the run is to end', async () => {
  const clock = new SteppedClock(0);
  const store = { commit: () => Promise.reject(new Error('the disk is full')) } as unknown as BarStore;
  const recorder = new Recorder({ store, clock, log: silentLog });
  const many = Array.from({ length: 100_000 }, () => ({}) as Bar);
  const room = recorder.bars(many);
  expect(room).toBeInstanceOf(Promise);
  await clock.sleep(60_000);
  recorder.makeNobodyWait();
  await room;
  expect(recorder.bars(many.slice(0, 1))).toBe(true);
  await expect(recorder.close()).rejects.toThrow('the disk is full');
});
