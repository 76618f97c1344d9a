import { FleeceError } from '../../errors.ts';

/** What stops an answer: status and message as Alpaca would give them. */
export function refuse(status: 400 | 403 | 404 | 504, message: string): FleeceError {
  return new FleeceError(status === 403 ? 'forbidden' : 'bad_request', message, { status });
}
