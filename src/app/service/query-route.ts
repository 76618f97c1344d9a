import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { FleeceError } from '../../errors.ts';
import { readBody, type Route } from '../../gateway/http/route.ts';
import type { DuckDbStore } from '../../store/duckdb-store.ts';
import { runReadOnlyQuery } from '../../store/query.ts';
import { formatAnswer, parseQueryFormat, type QueryFormat } from '../../store/query-format.ts';

/** Where a daemon answers SQL of the same user's other processes. */
export const queryPath = '/fleece/query';
export const tokenHeader = 'x-fleece-token';

/** Longer statements are refused. */
const longestSql = 1_000_000;

const types: Record<QueryFormat, string> = {
  table: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=UTF-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

export interface QueryText {
  readonly sql: string;
  readonly format: QueryFormat;
  readonly signal?: AbortSignal;
}

/**
 * Run one statement that only reads, and hand the text of its answer to `write`, piece by piece; each piece
 * waits for the one before.
 *
 * @throws FleeceError `usage` when the statement is wrong or could do more than read the store.
 */
export function writeAnswer(
  store: DuckDbStore,
  { sql, format, signal }: QueryText,
  write: (text: string) => Promise<void>,
): Promise<void> {
  return runReadOnlyQuery(store, sql, signal ? { signal } : {}, async (answer) => {
    for await (const text of formatAnswer(answer, format)) await write(text);
  });
}

/**
 * `POST /fleece/query?format=csv` with the SQL as its body. It asks for the token of the serve file in place of
 * client keys: who can read that file may read the store.
 *
 * @param upToDate Resolves when what was published before is in the store.
 */
export function queryRoute(store: DuckDbStore, token: string, upToDate: () => Promise<void>): Route {
  return {
    method: 'POST',
    path: queryPath,
    open: true,
    handler: async (request, response, { url, signal }) => {
      if (!isSame(String(request.headers[tokenHeader] ?? ''), token))
        throw new FleeceError('forbidden', `${tokenHeader} has to hold the token of the serve file`, {
          status: 403,
        });
      const format = parseQueryFormat(url.searchParams.get('format') ?? 'json');
      await upToDate();
      const sql = (await readBody(request, longestSql)).toString('utf8');
      await writeAnswer(store, { sql, format, signal }, (text) =>
        send(response, types[format], text, signal),
      );
      // An answer without a row, in a format without a header, has had no piece.
      if (!response.headersSent) await send(response, types[format], '', signal);
      response.end();
    },
  };
}

/** The status is sent with the first piece, when the statement has shown that it runs. */
async function send(
  response: ServerResponse,
  type: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': type });
  if (text !== '' && !response.write(text)) await once(response, 'drain', { signal });
}

/** In a time that does not tell how much of it was right. */
function isSame(shown: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}
