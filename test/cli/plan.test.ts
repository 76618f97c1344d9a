import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runHere as run } from './in-process.ts';

const names = (count: number) => Array.from({ length: count }, (_, at) => `S${at}`).join(',');

async function planOf(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(['plan', '--json', ...args], env);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('fleece plan', () => {
  it('needs no key, and tells the plan as JSON', async () => {
    expect(await planOf([names(500)])).toMatchObject({
      symbols: 500,
      mode: 'hybrid',
      batchSize: 50,
      batches: 10,
      concurrency: 4,
      requestsPerMinute: 10,
      budgetPerMinute: 180,
      fits: true,
    });
  });

  it('tells the same to a reader, with the matrix as a table', async () => {
    const { code, stdout } = await run(['plan', names(31)]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/31 symbols, mode hybrid: 4 requests of up to 10 symbols, 2 in flight/);
    expect(stdout).toMatch(/fits: every symbol is asked about every minute/);
    for (const row of [
      /31 .* 10 .* 2 .* 4 /,
      /100 .* 25 .* 4 .* 4 /,
      /200 .* 25 .* 4 .* 8 /,
      /500 .* 50 .* 4 .* 10 /,
      /1000 .* 50 .* 4 .* 20 /,
    ])
      expect(stdout).toMatch(row);
    expect(stdout.length).toBeLessThan(3_000);
  });

  it('says what to change when a universe does not fit, and is done all the same', async () => {
    const { code, stdout } = await run(['plan', names(500), '--mode', 'sequential', '--rpm', '100']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/does not fit a minute: every symbol is asked about every 5 minutes/);
    expect(stdout).toMatch(/warning: .*--batch-size 10.*--rpm 500/);
  });

  it('takes flags over environment over file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleece-plan-'));
    try {
      const config = join(folder, 'fleece.yaml');
      writeFileSync(config, 'rpm: 10\nconcurrency: 7\nbatch-size: 5\nsymbols: [ON, NO]\n');
      const plan = await planOf(['AAPL', '--config', config, '--rpm', '30'], {
        FLEECE_RPM: '20',
        FLEECE_CONCURRENCY: '8',
      });
      expect(plan).toMatchObject({ budgetPerMinute: 30, concurrency: 8, batchSize: 5, symbols: 3 });
      expect(await planOf(['AAPL'], { FLEECE_CONFIG: config })).toMatchObject({ budgetPerMinute: 10 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('asks for one symbol a request when USE_BATCH_POLLING is false, unless a flag says otherwise', async () => {
    const off = { USE_BATCH_POLLING: 'false' };
    expect(await planOf([names(31)], off)).toMatchObject({ mode: 'concurrent', batchSize: 1, batches: 31 });
    expect(await planOf([names(31), '--mode', 'hybrid'], off)).toMatchObject({
      mode: 'hybrid',
      batchSize: 10,
    });
  });

  it('names each symbol once, however often it is given', async () => {
    expect(await planOf(['AAPL', 'aapl,AAPL', 'MSFT'])).toMatchObject({ symbols: 2 });
  });

  const universe = fileURLToPath(
    new URL('../../../shared/data/universe/alpaca-active-2025-07-07.csv.gz', import.meta.url),
  );
  it.skipIf(!existsSync(universe))(
    'fits all real symbols into 180 requests (needs shared/data/universe)',
    async () => {
      const plan = await planOf(['--symbols-file', universe]);
      expect(plan).toMatchObject({ symbols: 11_635, fits: true, budgetPerMinute: 180 });
      expect(plan['batches']).toBeLessThanOrEqual(180);
    },
  );
});
