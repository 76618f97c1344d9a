import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FleeceError, messageOf } from '../../errors.ts';
import type { EpochMs } from '../../time/clock.ts';
import type { TlsFiles } from '../http/listener.ts';
import {
  type Certified,
  certificateFault,
  createAuthority,
  createServerCertificate,
} from './local-authority.ts';

export interface LocalTls extends TlsFiles {
  /** The file that programs have to be told to trust. */
  readonly authorityFile: string;
}

/**
 * `--tls auto`: a local authority and a server certificate, kept in `folder` (0700, keys 0600) and made anew
 * when they are about to run out or when the host is another.
 *
 * @throws FleeceError `usage` when the folder cannot be used.
 */
export async function localTls(folder: string, host: string, now: EpochMs): Promise<LocalTls> {
  const names = [...new Set(['localhost', '127.0.0.1', '::1', ...(isWildcard(host) ? [] : [host])])];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    let authority = await load(folder, 'authority');
    if (!authority || !isUsable(authority, now))
      authority = await keep(folder, 'authority', await createAuthority(now));
    let server = await load(folder, 'server');
    if (!server || certificateFault(server, authority, names, now) !== undefined)
      server = await keep(folder, 'server', await createServerCertificate(authority, names, now));
    return { ...server, cert: server.cert + authority.cert, authorityFile: join(folder, 'authority.crt') };
  } catch (error) {
    throw new FleeceError('usage', `--tls auto: ${folder} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * `--tls CERT,KEY`: a certificate chain and its key, PEM.
 *
 * @throws FleeceError `usage` that names the file which is wrong.
 */
export async function readTls(certFile: string, keyFile: string): Promise<TlsFiles> {
  const cert = await read(certFile);
  const key = await read(keyFile);
  try {
    const parsed = new X509Certificate(cert);
    if (!parsed.checkPrivateKey(createPrivateKey(key)))
      throw new FleeceError('usage', `--tls: ${keyFile} is not the key of the certificate in ${certFile}`);
  } catch (error) {
    if (error instanceof FleeceError) throw error;
    const file = cert.includes('BEGIN CERTIFICATE') ? keyFile : certFile;
    throw new FleeceError('usage', `--tls: ${file} is not PEM: ${messageOf(error)}`, { cause: error });
  }
  return { cert, key };
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Longer than a server certificate that it signs has to hold. */
const leastLeftMs = 400 * 86_400_000;

function isUsable({ cert, key }: Certified, now: EpochMs): boolean {
  try {
    const parsed = new X509Certificate(cert);
    return Date.parse(parsed.validTo) > now + leastLeftMs && parsed.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

async function load(folder: string, name: string): Promise<Certified | undefined> {
  try {
    const cert = await readFile(join(folder, `${name}.crt`), 'utf8');
    const key = await readFile(join(folder, `${name}.key`), 'utf8');
    return { cert, key };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The key first: a certificate without its key would be of no use, and never with the rights of others. */
async function keep(folder: string, name: string, certified: Certified): Promise<Certified> {
  await replace(join(folder, `${name}.key`), certified.key, 0o600);
  await replace(join(folder, `${name}.crt`), certified.cert, 0o644);
  return certified;
}

async function replace(file: string, text: string, mode: number): Promise<void> {
  await writeFile(`${file}.new`, text, { mode });
  await chmod(`${file}.new`, mode);
  await rename(`${file}.new`, file);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new FleeceError('usage', `--tls: ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
