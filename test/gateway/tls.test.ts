import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localTls, readTls } from '../../src/gateway/tls/load-tls.ts';
import { Talk } from './support/talk.ts';
import { bar, startWorld } from './support/world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleece-tls-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const now = Date.now();

function get(port: number, ca: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'APCA-API-KEY-ID': 'a', 'APCA-API-SECRET-KEY': 'b' };
    const asked = request({ host: '127.0.0.1', port, ca, path, headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('--tls auto', () => {
  it('serves wss and https on the port of ws and http, to programs that trust its authority', async () => {
    const tls = await localTls(join(folder, 'tls'), '127.0.0.1', now);
    const world = await startWorld({ tls });
    try {
      const ca = readFileSync(tls.authorityFile, 'utf8');
      const talk = await Talk.open(`wss://127.0.0.1:${world.gateway.port}/v2/iex`, { ca });
      const plain = await Talk.open(world.ws('/v2/iex'));
      await talk.subscribe({ bars: ['AAPL'] });
      await plain.subscribe({ bars: ['AAPL'] });
      world.deliver(bar('AAPL', 0));
      expect(await talk.next()).toEqual(await plain.next());
      expect(await get(world.gateway.port, ca, '/v2/clock')).toBe(200);
      expect((await world.get('/v2/clock')).status).toBe(200);
      await expect(new Talk(`wss://127.0.0.1:${world.gateway.port}/v2/iex`).next()).rejects.toThrow();
      const junk = connect(world.gateway.port, '127.0.0.1');
      junk.write(Buffer.from([0x16, 1, 2, 3, 4, 5, 6, 7]));
      await new Promise((resolve) => junk.on('close', resolve).on('error', () => undefined));
    } finally {
      await world.gateway.close();
    }
  });

  it('keeps what it made, with keys that only the owner can read', async () => {
    const first = await localTls(folder, '127.0.0.1', now);
    expect(statSync(join(folder, 'authority.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'server.key')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await localTls(folder, '127.0.0.1', now)).toEqual(first);
  });

  it('makes a server certificate anew for another host or when it runs out, with the same authority', async () => {
    const first = await localTls(folder, '127.0.0.1', now);
    const authority = readFileSync(first.authorityFile, 'utf8');
    const named = await localTls(folder, '192.0.2.7', now);
    expect(named.cert).not.toBe(first.cert);
    const later = await localTls(folder, '192.0.2.7', now + 380 * 86_400_000);
    expect(later.cert).not.toBe(named.cert);
    expect(readFileSync(first.authorityFile, 'utf8')).toBe(authority);
  });
});

describe('--tls CERT,KEY', () => {
  it('takes a pair of files, and says which is wrong', async () => {
    await localTls(folder, '127.0.0.1', now);
    const file = (name: string) => join(folder, name);
    expect(await readTls(file('server.crt'), file('server.key'))).toHaveProperty('cert');
    writeFileSync(file('junk'), 'junk');
    await expect(readTls(file('server.crt'), file('authority.key'))).rejects.toThrow(
      'authority.key is not the key',
    );
    await expect(readTls(file('junk'), file('server.key'))).rejects.toThrow('junk is not PEM');
    await expect(readTls(file('server.crt'), file('none'))).rejects.toThrow('none cannot be read');
  });
});
