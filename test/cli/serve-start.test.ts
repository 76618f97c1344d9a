import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './program.ts';

const keys = {
  APCA_API_KEY_ID: 'start-key',
  APCA_API_SECRET_KEY: 'start-secret',
  APCA_API_DATA_URL: 'http://127.0.0.1:1',
  APCA_API_BASE_URL: 'http://127.0.0.1:1',
};

describe('fleece serve that cannot start', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleece-start-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('says so and ends with 2 when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const outcome = await run(
      ['serve', 'AAPL', '--port', String(port), '--db', join(folder, 'a.duckdb')],
      keys,
    );
    other.close();
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(`port ${port}`);
    expect(outcome.stderr).not.toContain('start-secret');
  });

  it('says so and ends with 2 on an address that others can reach without client keys', async () => {
    const outcome = await run(['serve', 'AAPL', '--host', '0.0.0.0', '--db', join(folder, 'b.duckdb')], keys);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain('--client-key');
  });
});
