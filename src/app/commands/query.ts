import { FleeceError, isFleeceError, messageOf } from '../../errors.ts';
import { parseQueryFormat } from '../../store/query-format.ts';
import type { Clock } from '../../time/clock.ts';
import { queryPath, tokenHeader, writeAnswer } from '../service/query-route.ts';
import { readServeFile, type ServeFile } from '../service/serve-file.ts';
import { openStore } from './open-store.ts';

export interface QueryCommand {
  readonly db: string;
  readonly sql: string;
  /** `table`, `csv`, `json` or `ndjson`. */
  readonly format: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly write: (text: string) => Promise<void>;
}

/**
 * Answer SQL from a store: through the daemon that has it open, or from the file when there is none.
 *
 * @throws FleeceError `usage` for wrong SQL, `store` when the store can't be reached.
 */
export async function query(command: QueryCommand): Promise<void> {
  try {
    await answer(command);
  } catch (error) {
    // The database draws the place of a fault below its message; a command's failure is one line.
    const [line = ''] = messageOf(error).split('\n', 1);
    if (!isFleeceError(error) || line === error.message) throw error;
    throw new FleeceError(error.code, line, { cause: error });
  }
}

async function answer({ db, sql, format, clock, signal, write }: QueryCommand): Promise<void> {
  const known = parseQueryFormat(format);
  const daemon = readServeFile(db);
  const response = daemon && (await ask(daemon, { sql, format: known, signal }));
  if (response) {
    await pass(response, write);
    return;
  }
  // Closed in: what the guard might overlook can't reach another file either.
  const store = await openStore({ path: db, clock, folders: [] });
  try {
    await writeAnswer(store, { sql, format: known, signal }, write);
  } finally {
    await store.close();
  }
}

/** Undefined when nobody listens there: the daemon is gone, and its process number was given anew. */
async function ask(
  { url, token }: ServeFile,
  { sql, format, signal }: { sql: string; format: string; signal: AbortSignal },
): Promise<Response | undefined> {
  try {
    return await fetch(`${url}${queryPath}?format=${format}`, {
      method: 'POST',
      body: sql,
      headers: { [tokenHeader]: token, 'content-type': 'application/sql' },
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (/ECONNREFUSED/.test(codeOf(error))) return undefined;
    throw new FleeceError('store', `fleece serve at ${url} did not answer: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

async function pass(answer: Response, write: (text: string) => Promise<void>): Promise<void> {
  if (!answer.ok) {
    const said = await answer.text();
    throw new FleeceError(answer.status === 400 ? 'usage' : 'store', messageIn(said, answer.status));
  }
  const decoder = new TextDecoder();
  try {
    for await (const piece of answer.body ?? []) await write(decoder.decode(piece, { stream: true }));
  } catch (error) {
    if (error instanceof FleeceError) throw error;
    throw new FleeceError('store', `the answer of fleece serve broke off: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function messageIn(text: string, status: number): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not this daemon's own words.
  }
  return `fleece serve refused the query (HTTP ${status})`;
}
