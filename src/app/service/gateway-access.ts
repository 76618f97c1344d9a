import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FleeceError } from '../../errors.ts';
import type { KeyPair } from '../../gateway/guard/key-ring.ts';
import type { TlsFiles } from '../../gateway/http/listener.ts';
import { localTls, readTls } from '../../gateway/tls/load-tls.ts';
import type { Log } from '../../telemetry/log.ts';
import type { EpochMs } from '../../time/clock.ts';
import type { Settings } from '../config/settings.ts';

/** Who may connect to the gateway, and the certificate that it shows. */
export interface GatewayAccess {
  readonly clientKeys: readonly KeyPair[];
  readonly tls: TlsFiles | undefined;
}

/** @throws FleeceError `usage` when a file that the settings name cannot be used. */
export async function readAccess(settings: Settings, now: EpochMs, log: Log): Promise<GatewayAccess> {
  return { clientKeys: await clientKeysOf(settings), tls: await tlsOf(settings, now, log) };
}

/** The keys that clients have to show, from `--client-key` and the file. */
async function clientKeysOf({ clientKey, clientKeysFile }: Settings): Promise<KeyPair[]> {
  const pairs = clientKey?.split(',') ?? [];
  if (clientKeysFile !== undefined) {
    const text = await readFile(clientKeysFile, 'utf8').catch(() => {
      throw new FleeceError('usage', `--client-keys-file: cannot read ${clientKeysFile}`);
    });
    pairs.push(...text.split('\n'));
  }
  return pairs
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !pair.startsWith('#'))
    .map((pair, at) => {
      const [keyId, secret, ...rest] = pair.split(':');
      if (keyId && secret && rest.length === 0) return { id: keyId, secret };
      // The pair itself is a secret: only its place is told.
      throw new FleeceError('usage', `client key ${at + 1} has to have the form ID:SECRET`);
    });
}

async function tlsOf(settings: Settings, now: EpochMs, log: Log): Promise<TlsFiles | undefined> {
  if (settings.tls === undefined) return undefined;
  if (settings.tls !== 'auto') return readTls(settings.tls.cert, settings.tls.key);
  const tls = await localTls(join(dirname(settings.db), 'tls'), settings.host, now);
  log.info(`programs that connect by wss:// or https:// have to trust ${tls.authorityFile}`);
  return tls;
}
