import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBarsFile, type RecordedBar } from '../../src/simulator/index.ts';
import { runService, type ServiceRun } from './service.ts';

const folder = join(import.meta.dirname, '../../../shared/data/minute-bars/special-days');
if (!existsSync(folder))
  process.stderr.write(`special days are skipped: there are no recorded bars at ${folder}\n`);

function recorded(file: string): RecordedBar[] {
  return parseBarsFile(readFileSync(join(folder, file)), file);
}

/** Bars of the file in a stretch of time that the store lacks or holds with other values. */
async function missingBars(
  { service }: ServiceRun,
  rows: readonly RecordedBar[],
  from: string,
  to: string,
): Promise<string[]> {
  const page = await service.store.read({
    start: Math.floor(Date.parse(from) / 60_000) as never,
    end: Math.floor(Date.parse(to) / 60_000) as never,
    limit: 100_000,
  });
  const kept = new Map(page.bars.map((bar) => [`${bar.symbol} ${bar.minute}`, bar]));
  return rows
    .filter((row) => row.minute * 60_000 >= Date.parse(from) && row.minute * 60_000 < Date.parse(to))
    .filter((row) => kept.get(`${row.symbol} ${row.minute}`)?.c !== row.c)
    .map((row) => `${row.symbol} ${new Date(row.minute * 60_000).toISOString()}`);
}

describe.skipIf(!existsSync(folder))('sessions of recorded days', () => {
  it('end at 17:00 in New York on an early close, and nothing is polled after that', async () => {
    const rows = recorded('2024-11-29.csv.gz');
    const scenario = {
      market: { bars: rows, revised: 0 },
      settings: { heal: 'none' as const },
      start: '2024-11-29T21:20:10Z',
      end: '2024-11-29T23:00:00Z',
      speed: 500,
    };
    await runService(scenario, async (run) => {
      expect(await missingBars(run, rows, '2024-11-29T21:21:00Z', '2024-11-29T22:00:00Z')).toEqual([]);
      const polls = run.handler.log.last
        .filter((request) => request.group === 'data')
        .map((request) => request.at);
      // The lookback of the last minute is still asked for.
      expect(Math.max(...polls)).toBeLessThan(Date.parse('2024-11-29T22:10:00Z'));
      expect(Math.max(...polls)).toBeGreaterThan(Date.parse('2024-11-29T22:05:00Z'));
    });
  });

  it('start an hour earlier in UTC on the Monday after daylight saving has begun', async () => {
    const rows = recorded('2025-03-10.csv.gz');
    const scenario = {
      market: { bars: rows, revised: 0 },
      settings: { heal: 'none' as const },
      start: '2025-03-10T07:40:10Z',
      end: '2025-03-10T08:40:00Z',
      speed: 400,
    };
    await runService(scenario, async (run) => {
      expect(await missingBars(run, rows, '2025-03-10T08:00:00Z', '2025-03-10T08:30:00Z')).toEqual([]);
      const polls = run.handler.log.last
        .filter((request) => request.group === 'data')
        .map((request) => request.at);
      expect(Math.min(...polls)).toBeGreaterThan(Date.parse('2025-03-10T08:00:00Z'));
    });
  });

  it('do not concern crypto pairs, which are polled around the clock', async () => {
    const scenario = {
      market: { symbols: ['AAPL'], quiet: 0 },
      symbols: ['AAPL', 'BTC/USD'],
      settings: { heal: 'none' as const },
      // A Saturday.
      start: '2026-01-17T15:00:10Z',
      end: '2026-01-17T15:30:00Z',
      speed: 400,
    };
    await runService(scenario, async (run) => {
      const { bars } = await run.service.store.read({
        start: 0 as never,
        end: 40_000_000 as never,
        limit: 10_000,
      });
      expect(new Set(bars.map((bar) => bar.symbol))).toEqual(new Set(['BTC/USD']));
      expect(bars.length).toBeGreaterThan(10);
    });
  });
});
