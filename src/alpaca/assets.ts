import type { Lane } from '../market/bar-source.ts';
import { type AlpacaHost, requestJson } from './request.ts';
import { type RetryPolicy, withRetries } from './retry.ts';

/**
 * The body of `GET /v2/assets`: every active US equity, in one unpaged array. From the trading service, which
 * has a budget of its own.
 *
 * @throws FleeceError as every request does.
 */
export async function fetchAssets(
  host: AlpacaHost,
  retry: RetryPolicy,
  options: { readonly lane: Lane; readonly signal?: AbortSignal },
): Promise<unknown> {
  const path = '/v2/assets?status=active&asset_class=us_equity';
  const answer = await withRetries(
    () => requestJson(host, path, options.lane, options.signal),
    retry,
    options,
  );
  return answer.body;
}
