// @peculiar/x509 resolves its parts with decorators, which need this before it.
import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  X509Certificate as NodeCertificate,
  webcrypto,
} from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { EpochMs } from '../../time/clock.ts';

x509.cryptoProvider.set(globalThis.crypto);

/** A certificate and its key, both PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const msPerDay = 86_400_000;
/** Apple's programs refuse server certificates that hold for longer than 825 days. */
const serverDays = 397;
const authorityDays = 3650;

/** An authority that only vouches for this machine; its certificate is what a user tells programs to trust. */
export async function createAuthority(now: EpochMs): Promise<Certified> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Fleece local authority,O=Fleece',
    serialNumber: serialNumber(),
    notBefore: new Date(now - msPerDay),
    notAfter: new Date(now + authorityDays * msPerDay),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await toPem(keys.privateKey) };
}

/** A server certificate for `names` (host names and addresses), signed by `authority`. */
export async function createServerCertificate(
  authority: Certified,
  names: readonly string[],
  now: EpochMs,
): Promise<Certified> {
  const issuer = new x509.X509Certificate(authority.cert);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' }),
    algorithm,
    false,
    ['sign'],
  );
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.create({
    subject: `CN=${names[0] ?? 'localhost'},O=Fleece`,
    issuer: issuer.subject,
    serialNumber: serialNumber(),
    notBefore: new Date(now - msPerDay),
    notAfter: new Date(now + serverDays * msPerDay),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isAddress(name) ? ('ip' as const) : ('dns' as const), value: name })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await toPem(keys.privateKey) };
}

/** Why a server certificate cannot be used any more, or undefined when it can. */
export function certificateFault(
  { cert, key }: Certified,
  authority: Certified,
  names: readonly string[],
  now: EpochMs,
): string | undefined {
  try {
    const parsed = new NodeCertificate(cert);
    if (Date.parse(parsed.validTo) < now + 30 * msPerDay) return 'it runs out';
    if (!parsed.verify(createPublicKey(authority.cert))) return 'another authority signed it';
    if (!parsed.checkPrivateKey(createPrivateKey(key))) return 'its key is another';
    const missing = names.find((name) =>
      isAddress(name) ? parsed.checkIP(name) === undefined : parsed.checkHost(name) === undefined,
    );
    return missing === undefined ? undefined : `it does not name ${missing}`;
  } catch {
    return 'it cannot be read';
  }
}

function isAddress(name: string): boolean {
  return /^[\d.]+$/.test(name) || name.includes(':');
}

function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  // A serial number is a positive number: its highest bit stays clear.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function toPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}
