import { describe, expect, it } from 'vitest';
import { modes } from '../../src/plan/modes.ts';
import { noFaults } from './account.ts';
import { runScenario } from './stream.ts';

const rough = { quiet: 0.2, revised: 0.1, late: 0.02, lateMinutes: 4 };

describe('a stream from the simulator', () => {
  for (const symbols of [31, 500, 2_000]) {
    it(`delivers every bar of ${symbols} symbols once, inside the budget`, async () => {
      const result = await runScenario({ market: { ...rough, symbols }, minutes: 20 });
      expect(result.faults).toEqual(noFaults);
      expect(result.bars).toBeGreaterThan(symbols * 20 * 0.7);
      expect(result.refused).toBe(0);
      expect(result.busiest).toBeLessThanOrEqual(180);
      if (symbols === 500) expect(result.requests / 22).toBeLessThanOrEqual(30);
    });
  }

  for (const mode of modes) {
    it(`delivers every bar once in mode ${mode}`, async () => {
      const result = await runScenario({ market: { ...rough, symbols: 31 }, minutes: 10, stream: { mode } });
      expect(result.faults).toEqual(noFaults);
      expect(result.busiest).toBeLessThanOrEqual(180);
    });
  }

  it('loses nothing to failing requests, and never answers a 429 with a storm', async () => {
    const result = await runScenario({
      market: { ...rough, symbols: 500 },
      handler: { faults: { '500': 0.05, reset: 0.03, torn: 0.01, '429': 0.02 } },
      minutes: 20,
    });
    expect(result.faults).toEqual(noFaults);
    expect(result.busiest).toBeLessThanOrEqual(180);
  });

  it('sets malformed symbols aside, and loses nothing of their neighbours', async () => {
    const extra = ['BRK-B', 'GME1', 'ATC.220816', 'ZZZQX'];
    const result = await runScenario({ market: { ...rough, symbols: 100 }, extra, minutes: 5 });
    const quarantined = result.events.flatMap((event) => (event.type === 'quarantine' ? [event.symbol] : []));
    expect(new Set(quarantined)).toEqual(new Set(['BRK-B', 'GME1', 'ATC.220816']));
    expect(result.faults).toEqual(noFaults);
  });

  it('polls all 11,635 symbols every minute inside the budget', async () => {
    const result = await runScenario({ market: { quiet: 0.4, revised: 0.01, symbols: 11_635 }, minutes: 3 });
    expect(result.faults).toEqual(noFaults);
    expect(result.busiest).toBeLessThanOrEqual(180);
    expect(result.refused).toBe(0);
  });
});
