import { FleeceError, isFleeceError } from '../errors.ts';
import type { BarPage, BarQuery, BarQueryOptions, BarSource } from '../market/bar-source.ts';
import { isCryptoPair } from '../market/symbol.ts';
import { toIsoMinute } from '../time/minute.ts';
import { type AlpacaHost, requestJson } from './request.ts';
import { type RetryPolicy, withRetries } from './retry.ts';
import { parsePage } from './wire.ts';

/** The largest page. It is the total over all symbols, so completeness never rests on it. */
const pageLimit = 10_000;

/** Minute bars from Alpaca's multi-symbol history endpoints, page by page until there is no next one. */
export function createAlpacaBarSource(host: AlpacaHost, retry: RetryPolicy): BarSource {
  return {
    pages: (query, options) => pagesOf(host, retry, query, options),
  };
}

async function* pagesOf(
  host: AlpacaHost,
  retry: RetryPolicy,
  query: BarQuery,
  options: BarQueryOptions,
): AsyncGenerator<BarPage> {
  const asked = new Set<string>(query.symbols);
  const path = barsPath(query);
  const seen = new Set<string>();
  let token: string | null = null;
  do {
    const url: string = token === null ? path : `${path}&page_token=${encodeURIComponent(token)}`;
    const page = await withRetries(
      async () => {
        const answer = await requestJson(host, url, options.lane, options.signal).catch((error: unknown) => {
          throw token === null ? error : walkError(error);
        });
        const { rows, nextPageToken } = parsePage(answer.body, asked);
        return { rows, nextPageToken, askedAt: answer.sentAt, receivedAt: answer.receivedAt };
      },
      retry,
      options,
    );
    yield page;
    token = page.nextPageToken;
    if (token !== null) remember(seen, token);
  } while (token !== null);
}

/** A 400 in mid-walk is about the page token, not about a symbol: a fresh walk can succeed. */
function walkError(error: unknown): unknown {
  if (!isFleeceError(error) || error.code !== 'bad_request') return error;
  return new FleeceError('bad_response', error.message, { retryable: true, cause: error });
}

/** A token that comes back would make the walk endless. */
function remember(seen: Set<string>, token: string): void {
  if (seen.has(token)) {
    throw new FleeceError('bad_response', 'the service repeats a page token', { retryable: true });
  }
  seen.add(token);
}

function barsPath({ symbols, feed, start, end }: BarQuery): string {
  // Commas stand raw: escaped they would take three bytes each.
  const list = symbols.map(encodeURIComponent).join(',');
  const window = `timeframe=1Min&start=${toIsoMinute(start)}&end=${toIsoMinute(end)}&limit=${pageLimit}&sort=asc`;
  if (feed === 'crypto') return `/v1beta3/crypto/us/bars?symbols=${unescapeSlashes(list, symbols)}&${window}`;
  return `/v2/stocks/bars?symbols=${list}&${window}&adjustment=raw&feed=${feed}`;
}

function unescapeSlashes(list: string, symbols: readonly string[]): string {
  return symbols.every(isCryptoPair) ? list.replaceAll('%2F', '/') : list;
}
