import { type AlpacaHost, requestJson } from './request.ts';
import { type RetryPolicy, withRetries } from './retry.ts';

/**
 * The body of `GET /v2/calendar`: trading days between two dates (`YYYY-MM-DD`), both inclusive. From the
 * trading service.
 *
 * @throws FleeceError as every request does.
 */
export async function fetchCalendar(
  host: AlpacaHost,
  retry: RetryPolicy,
  range: { readonly start: string; readonly end: string },
  signal?: AbortSignal,
): Promise<unknown> {
  const path = `/v2/calendar?start=${range.start}&end=${range.end}`;
  const answer = await withRetries(() => requestJson(host, path, 'live', signal), retry, { signal });
  return answer.body;
}
