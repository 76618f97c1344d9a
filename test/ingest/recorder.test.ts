import { expect, it } from 'vitest';
import { Recorder } from '../../src/ingest/recorder.ts';
import type { Bar } from '../../src/market/bar.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import type { BarStore, StoreBatch } from '../../src/store/bar-store.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import type { EpochMinute } from '../../src/time/minute.ts';
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

it('keeps the last word on a symbol that is refused and accepted again while the store keeps nothing', async () => {
  const clock = new SteppedClock(0);
  const kept: StoreBatch[] = [];
  let fails = true;
  const commit = async (batch: StoreBatch) => {
    await clock.sleep(2_000);
    if (fails) throw new Error('the disk is full');
    kept.push(batch);
    return { added: 0, revised: 0, late: 0, unchanged: 0 };
  };
  const recorder = new Recorder({ store: { commit } as unknown as BarStore, clock, log: silentLog });
  const symbol = 'NEW' as MarketSymbol;
  recorder.note({ quarantine: [{ symbol, reason: 'invalid symbol', since: 0, nextLook: 600_000 }] });
  await clock.sleep(1_000);
  // The commit that holds the refusal is under way, and fails after this.
  recorder.note({ release: [symbol] });
  await clock.sleep(3_000);
  fails = false;
  await recorder.flush();
  expect(kept.flatMap(({ quarantine }) => quarantine)).toEqual([]);
  expect(kept.flatMap(({ release }) => release)).toEqual([symbol]);
});

it('keeps the bars of a pass together, but not long, and at once when somebody waits for them', async () => {
  const clock = new SteppedClock(0);
  const kept: { readonly at: number; readonly bars: number; readonly advances: number }[] = [];
  const commit = ({ bars = [], advances = [] }: StoreBatch) => {
    kept.push({ at: clock.now(), bars: bars.length, advances: advances.length });
    return Promise.resolve({ added: bars.length, revised: 0, late: 0, unchanged: 0 });
  };
  const recorder = new Recorder({ store: { commit } as unknown as BarStore, clock, log: silentLog });
  const advance = { feed: 'iex', symbols: [], from: 0 as EpochMinute, to: 1 as EpochMinute } as const;
  for (let answer = 0; answer < 10; answer++) {
    void recorder.bars([{} as Bar]);
    recorder.note({ advances: [advance] });
    await clock.sleep(150);
  }
  expect(kept).toEqual([]);
  await clock.sleep(1_000);
  expect(kept).toEqual([{ at: 2_000, bars: 10, advances: 10 }]);
  void recorder.bars([{} as Bar]);
  await recorder.flush();
  expect(kept).toHaveLength(2);
  expect(clock.now()).toBe(2_500);
});
