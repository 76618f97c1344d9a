import { expect, it } from 'vitest';
import { keepHouse } from '../../../src/app/service/housekeeping.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { OffsetClock } from '../../../src/time/offset-clock.ts';
import { SteppedClock } from '../../../src/time/stepped-clock.ts';

it('looks for chores once a minute, also after the clock was set back by an hour', async () => {
  const start = Date.parse('2026-01-14T15:00:00Z');
  const base = new SteppedClock(start);
  const clock = new OffsetClock(base);
  const ranAt: number[] = [];
  const run = () => {
    ranAt.push(base.now() - start);
    return Promise.resolve();
  };
  const stop = new AbortController();
  const house = keepHouse([{ name: 'chore', run }], { clock, log: silentLog, signal: stop.signal });
  await base.sleep(100_000);
  clock.move(-3_600_000);
  await base.sleep(200_000);
  stop.abort(new Error('enough'));
  await expect(house).rejects.toThrow('enough');
  expect(ranAt).toEqual([0, 80_000, 140_000, 200_000, 260_000]);
});
