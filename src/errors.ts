/**
 * Every failure that Fleece names. The code says what happened; `retryable` says whether trying the same
 * thing again can help.
 */
export type FleeceErrorCode =
  /** A flag, file, environment variable or option is wrong: the caller must change it. */
  | 'usage'
  /** The service refused the keys (HTTP 401, or 403 without a better reason). */
  | 'unauthorized'
  /** The keys are good but the plan does not include what was asked (HTTP 403). */
  | 'forbidden'
  /** The service named a symbol as malformed; `symbol` holds the name. The whole request failed. */
  | 'invalid_symbol'
  /** HTTP 400 (or 404, 422) for a reason that names no symbol. */
  | 'bad_request'
  /** HTTP 429: the bucket of the key was empty. */
  | 'rate_limited'
  /** HTTP 5xx. */
  | 'server_error'
  /** No whole answer: refused, reset, timed out, or cut off. */
  | 'network'
  /** An answer came whole but is not what the protocol promises. */
  | 'bad_response'
  /** The circuit breaker of the host is open: the request was not sent. */
  | 'circuit_open'
  /** Every symbol of the list was refused: nothing is left to ask for. */
  | 'nothing_to_poll'
  /** The store cannot be used: locked, damaged, of a newer version, or its disk is full. */
  | 'store'
  /** What was delivered can't be written: a full disk, a broken device. */
  | 'output'
  /** The caller's AbortSignal fired. */
  | 'aborted';

export interface FleeceErrorOptions {
  readonly retryable?: boolean;
  /** How long to wait before a retry can succeed, in milliseconds of the clock in use. */
  readonly retryAfterMs?: number;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** The symbol that the service named. */
  readonly symbol?: string;
  readonly cause?: unknown;
}

/** The one error class of the package. Its message is complete: what, where, and what would be right. */
export class FleeceError extends Error {
  readonly code: FleeceErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  readonly symbol: string | undefined;

  constructor(code: FleeceErrorCode, message: string, options: FleeceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FleeceError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
    this.symbol = options.symbol;
  }
}

/** True for a FleeceError, also one from a second copy of the package. */
export function isFleeceError(error: unknown): error is FleeceError {
  return error instanceof Error && error.name === 'FleeceError' && 'code' in error;
}

/** The code of what was thrown, as node and FleeceError give it (`ENOENT`); empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
