import type { DuckDBResult } from '@duckdb/node-api';
import { FleeceError, isFleeceError, messageOf } from '../errors.ts';
import { aborted } from './duckdb-error.ts';
import type { DuckDbStore } from './duckdb-store.ts';
import { type PlainValue, plainValue } from './plain-value.ts';
import { guardQuery } from './query-guard.ts';

export interface QueryOptions {
  /** Rows after which the answer ends. All of them when absent. */
  readonly maxRows?: number;
  /** Stops the statement where it is. */
  readonly signal?: AbortSignal;
}

/** The answer of a query while it comes. */
export interface QueryAnswer {
  readonly columns: readonly string[];
  /** Rows in batches of some thousands, pulled from the running statement. To be read once. */
  readonly batches: AsyncIterable<readonly (readonly PlainValue[])[]>;
  /** True once `batches` has ended before the rows did, because of `maxRows`. */
  readonly truncated: boolean;
}

const faultsOfSql =
  /^(?:Parser|Catalog|Binder|Conversion|Invalid Input|Out of Range|Not implemented|Mismatch Type|Syntax|Permission|Failed to extract|Failed to prepare)/i;

/**
 * Run one statement that reads the store, and hand its answer to `consume` while it comes. It runs in a
 * read-only transaction on a connection of its own, sees one state of the store from first to last, and does
 * not hold up commits.
 *
 * @throws FleeceError `usage` when the statement is wrong or could do more than read; `aborted` when the signal
 * fired; `store` when the store failed.
 */
export async function runReadOnlyQuery<T>(
  store: DuckDbStore,
  sql: string,
  options: QueryOptions,
  consume: (answer: QueryAnswer) => Promise<T>,
): Promise<T> {
  try {
    return await store.withReader(async (reader) => {
      await guardQuery(reader, sql);
      await reader.run('BEGIN TRANSACTION READ ONLY');
      options.signal?.throwIfAborted();
      return consume(answerOf(await reader.stream(sql), options));
    }, options.signal);
  } catch (error) {
    if (options.signal?.aborted) throw aborted(error);
    const cause = isFleeceError(error) && error.code === 'store' ? (error.cause ?? error) : error;
    if (faultsOfSql.test(messageOf(cause)))
      throw new FleeceError('usage', `the query is wrong: ${messageOf(cause)}`, { cause });
    throw error;
  }
}

function answerOf(result: DuckDBResult, { maxRows, signal }: QueryOptions): QueryAnswer {
  let truncated = false;
  async function* batches() {
    let left = maxRows ?? Number.POSITIVE_INFINITY;
    for await (const rows of result.yieldRows()) {
      signal?.throwIfAborted();
      if (rows.length > left) {
        truncated = true;
        if (left > 0) yield rows.slice(0, left).map((row) => row.map(plainValue));
        return;
      }
      left -= rows.length;
      yield rows.map((row) => row.map(plainValue));
    }
  }
  return {
    columns: result.deduplicatedColumnNames(),
    batches: batches(),
    get truncated() {
      return truncated;
    },
  };
}
