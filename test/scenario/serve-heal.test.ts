import { describe, expect, it } from 'vitest';
import type { Bar } from '../../src/market/bar.ts';
import type { EpochMinute } from '../../src/time/minute.ts';
import { runService, type ServiceRun } from './service.ts';

async function allVersions({ service }: ServiceRun): Promise<Bar[]> {
  const bars: Bar[] = [];
  for await (const chunk of service.store.replay({ start: 0 as EpochMinute })) bars.push(...chunk);
  return bars;
}

describe('healing from the consolidated tape', () => {
  it('makes the sip bar the newest version of each minute that is 16 minutes old, and keeps the iex one', async () => {
    const scenario = {
      market: { symbols: 40, quiet: 0.3, revised: 0.05 },
      start: '2026-01-14T15:00:10Z',
      end: '2026-01-14T16:10:00Z',
      speed: 400,
    };
    await runService(scenario, async (run) => {
      const { market, service } = run;
      const newest = new Map<string, Bar>();
      const feeds = new Map<string, Set<string>>();
      for (const bar of await allVersions(run)) {
        const key = `${bar.symbol} ${bar.minute}`;
        newest.set(key, bar);
        feeds.set(key, (feeds.get(key) ?? new Set()).add(bar.feed));
      }
      const from = Math.floor(Date.parse(scenario.start) / 60_000);
      const to = Math.floor(Date.parse(scenario.end) / 60_000) - 16 - 16;
      const wrong: string[] = [];
      for (let minute = from; minute < to; minute++) {
        for (const symbol of market.symbols) {
          const truth = market.at(symbol, minute, Date.parse(scenario.end), 'sip');
          const bar = newest.get(`${symbol} ${minute}`);
          const isRight = truth
            ? bar?.feed === 'sip' && bar.c === truth.c && bar.v === truth.v
            : bar === undefined;
          if (!isRight) wrong.push(`${symbol} ${minute}`);
        }
      }
      expect(wrong).toEqual([]);
      expect([...feeds.values()].some((both) => both.has('iex') && both.has('sip'))).toBe(true);
      expect(run.handler.log.mostPerMinute('data')).toBeLessThanOrEqual(180);
      // A few requests for the whole universe, not one a symbol.
      const sip = run.handler.log.last.filter((request) => request.url.includes('feed=sip'));
      expect(sip.length).toBeGreaterThan(0);
      expect(sip.length).toBeLessThan(12);
      expect(service.sealer.lastSealed).toBeGreaterThan(from + 50);
    });
  });

  it('asks for no sip bar when it is switched off', async () => {
    const scenario = {
      market: { symbols: 5, quiet: 0 },
      start: '2026-01-14T15:00:10Z',
      end: '2026-01-14T15:40:00Z',
      speed: 800,
    };
    await runService({ ...scenario, settings: { feed: 'iex', heal: 'none' } }, async (run) => {
      expect(run.handler.log.last.some((request) => request.url.includes('feed=sip'))).toBe(false);
      expect((await allVersions(run)).every((bar) => bar.feed === 'iex')).toBe(true);
    });
  });
});
