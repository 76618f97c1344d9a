/** An Alpaca key pair. It stands in request headers and nowhere else. */
export interface Credentials {
  readonly keyId: string;
  readonly secretKey: string;
}

/** The authentication headers of every request. */
export function authHeaders({ keyId, secretKey }: Credentials): Record<string, string> {
  return { 'apca-api-key-id': keyId, 'apca-api-secret-key': secretKey };
}

/** `text` without the keys, should a service or a proxy echo them. */
export function redact(text: string, { keyId, secretKey }: Credentials): string {
  const shortest = 4;
  return [secretKey, keyId]
    .filter((key) => key.length >= shortest)
    .reduce((clean, key) => clean.replaceAll(key, '[redacted]'), text);
}
