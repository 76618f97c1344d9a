import { expect, it } from 'vitest';
import { createHost } from '../../src/app/hosts.ts';
import { OffsetClock } from '../../src/time/offset-clock.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';

it('a clock that is put forward gives no request more in a minute', async () => {
  const rateClock = new SteppedClock(Date.parse('2026-01-14T15:00:00Z'));
  const clock = new OffsetClock(rateClock);
  const { budget, transport } = createHost({
    baseUrl: 'http://127.0.0.1',
    credentials: { keyId: 'id', secretKey: 'secret' },
    clock,
    rateClock,
    requestsPerMinute: 10,
    timeoutMs: 1_000,
    transport: { get: () => Promise.reject(new Error('nothing is asked')), close: () => Promise.resolve() },
  });
  const started = rateClock.now();
  for (let count = 0; count < 10; count++) (await budget.take('live')).settle();
  clock.move(120_000);
  (await budget.take('live')).settle();
  expect(rateClock.now() - started).toBeGreaterThan(60_000);
  await transport.close();
});
