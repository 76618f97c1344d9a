import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBarsFile } from '../../src/simulator/index.ts';
import { noFaults } from './account.ts';
import { runScenario } from './stream.ts';

const folder = join(import.meta.dirname, '../../../shared/data/minute-bars');

/** Recorded sessions: the first and the last minute that are streamed, and how many bars the file has there. */
const days = [
  {
    what: 'a sparse day of 530 symbols',
    file: 'sparse-2026-01/2026-01-14.csv.gz',
    start: '2026-01-14T14:29:30Z',
    minutes: 391,
  },
  {
    what: 'a consolidated day of 99 symbols with extended hours',
    file: 'consolidated-2025-01/2025-01-03.csv.gz',
    start: '2025-01-03T08:59:30Z',
    minutes: 961,
  },
];

if (!existsSync(folder))
  process.stderr.write(`recorded days are skipped: there are no recorded bars at ${folder}\n`);

describe.skipIf(!existsSync(folder))('a recorded session, replayed by the simulator', () => {
  for (const { what, file, start, minutes } of days) {
    it(`is streamed whole: ${what}`, async () => {
      const rows = parseBarsFile(readFileSync(join(folder, file)), file);
      const result = await runScenario({
        market: { bars: rows, revised: 0.01, late: 0.005, lateMinutes: 2 },
        start,
        minutes,
      });
      expect(result.faults).toEqual(noFaults);
      // The account above compares with the simulator; this one with the file itself.
      expect(result.bars).toBe(rows.length);
      expect(result.refused).toBe(0);
    });
  }
});
