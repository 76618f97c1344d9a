import { expect, it } from 'vitest';
import { serviceSink } from '../../../src/app/service/sink.ts';
import { ServiceStatus } from '../../../src/app/service/status.ts';
import { LocalBus } from '../../../src/fanout/bus.ts';
import type { Recorder } from '../../../src/ingest/recorder.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import type { StoreBatch } from '../../../src/store/bar-store.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { type EpochMinute, startOf } from '../../../src/time/minute.ts';
import { SteppedClock } from '../../../src/time/stepped-clock.ts';

it('keeps since when a symbol has been refused, also when it is refused again', () => {
  const noted: StoreBatch[] = [];
  const recorder = { bars: () => true, note: (batch: StoreBatch) => void noted.push(batch) };
  const minute = 29_473_500 as EpochMinute;
  const clock = new SteppedClock(startOf(minute) + 600_000);
  const sink = serviceSink({
    recorder: recorder as unknown as Recorder,
    bus: new LocalBus(),
    status: new ServiceStatus(minute),
    clock,
    log: silentLog,
  });
  const since = startOf(minute);
  const until = clock.now() + 1_200_000;
  const symbol = 'BRKB' as MarketSymbol;
  sink.notice({ type: 'quarantine', symbol, reason: 'invalid symbol', since, until });
  expect(noted).toEqual([{ quarantine: [{ symbol, reason: 'invalid symbol', since, nextLook: until }] }]);
});
