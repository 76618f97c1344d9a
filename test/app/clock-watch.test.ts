import { describe, expect, it } from 'vitest';
import type { RequestReport } from '../../src/alpaca/request.ts';
import { ClockWatch } from '../../src/app/clock-watch.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { OffsetClock } from '../../src/time/offset-clock.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';

const start = Date.parse('2026-01-14T15:00:00.700Z');

/** Ten answers of a service whose clock is `serviceAheadMs` ahead of this machine's. */
function watched(serviceAheadMs: number, durationMs = 80) {
  const clock = new OffsetClock(new SteppedClock(start));
  const warnings: string[] = [];
  const watch = new ClockWatch(clock, { ...silentLog, warn: (message) => void warnings.push(message) });
  for (let count = 0; count < 10; count++) {
    const sentAt = clock.now() + count * 137;
    const serverTime = Math.floor((sentAt + durationMs / 2 + serviceAheadMs) / 1000) * 1000;
    const report: RequestReport = { lane: 'live', status: 200, sentAt, durationMs, serverTime };
    watch.see(report);
  }
  return { clock, watch, warnings };
}

describe('ClockWatch', () => {
  it('corrects a clock that is 20 s behind or ahead, and says so', () => {
    for (const ahead of [20_000, -20_000]) {
      const { clock, watch, warnings } = watched(ahead);
      expect(Math.abs(clock.offsetMs - ahead)).toBeLessThan(1_000);
      expect(Math.abs((watch.offsetMs ?? 0) + ahead)).toBeLessThan(1_000);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain(ahead > 0 ? 'behind' : 'ahead of');
    }
  });

  it('leaves alone what the whole seconds of a Date header cannot show', () => {
    const { clock, warnings } = watched(600);
    expect(clock.offsetMs).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('takes a difference of days for a simulation', () => {
    const { clock, warnings } = watched(-300 * 24 * 60 * 60_000);
    expect(clock.offsetMs).toBe(0);
    expect(warnings[0]).toContain('simulation');
  });

  it('allows for slow answers, whose header may be of any moment of them', () => {
    const { clock } = watched(2_000, 9_000);
    expect(clock.offsetMs).toBe(0);
  });
});
