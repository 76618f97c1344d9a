import type { Credentials } from '../../alpaca/credentials.ts';
import { FleeceError } from '../../errors.ts';
import type { Environment } from './resolve.ts';

/** The environment of this process. */
export function processEnvironment(): Environment {
  return process.env;
}

/**
 * The keys, from `APCA_API_KEY_ID` and `APCA_API_SECRET_KEY`.
 *
 * @throws FleeceError `usage` that says which is missing, never what they hold.
 */
export function readCredentials(env: Environment = processEnvironment()): Credentials {
  const keyId = env['APCA_API_KEY_ID']?.trim() ?? '';
  const secretKey = env['APCA_API_SECRET_KEY']?.trim() ?? '';
  const missing = [keyId ? '' : 'APCA_API_KEY_ID', secretKey ? '' : 'APCA_API_SECRET_KEY'].filter(Boolean);
  if (missing.length > 0) {
    throw new FleeceError(
      'usage',
      `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set: get a free key pair at alpaca.markets, ` +
        'or run `fleece simulate` and use any pair with it',
    );
  }
  // A header can't hold line breaks or letters outside ASCII: such a key is a slip of copy and paste.
  if (!/^[!-~]+$/.test(keyId) || !/^[!-~]+$/.test(secretKey)) {
    throw new FleeceError(
      'usage',
      'APCA_API_KEY_ID or APCA_API_SECRET_KEY holds a character that no key has',
    );
  }
  return { keyId, secretKey };
}
