import { type DuckDBConnection, StatementType } from '@duckdb/node-api';
import { FleeceError, messageOf } from '../errors.ts';

/** Table functions that read nothing but the store itself. */
const harmless = new Set([
  'bars_as_of',
  'range',
  'generate_series',
  'unnest',
  'duckdb_columns',
  'duckdb_tables',
  'duckdb_views',
  'pragma_database_size',
  'pragma_storage_info',
  'pragma_table_info',
  'pragma_version',
]);

/**
 * See that `sql` is one statement that only reads, and only tables of the store: a name such as `'a.csv'` in
 * place of a table would read a file.
 *
 * @throws FleeceError `usage` that says what is not allowed.
 */
export async function guardQuery(reader: DuckDBConnection, sql: string): Promise<void> {
  const statements = await extract(reader, sql);
  if (statements.count !== 1) throw refusal(`it has to be one statement, and these are ${statements.count}`);
  const statement = await statements.prepare(0);
  const { statementType, parameterCount } = statement;
  statement.destroySync();
  if (statementType !== StatementType.SELECT)
    throw refusal(
      'only a statement that reads is allowed: SELECT, WITH, FROM, VALUES, DESCRIBE or SUMMARIZE',
    );
  if (parameterCount > 0) throw refusal('parameters such as ? or $1 cannot be given');
  const rows = await reader.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
  const tree = JSON.parse(String(rows.getRows()[0]?.[0])) as { error: boolean; error_message?: string };
  // What cannot be looked through is not run.
  if (tree.error) throw refusal(tree.error_message ?? 'it cannot be checked');
  for (const fault of faultsOf(tree)) throw refusal(fault);
}

async function extract(reader: DuckDBConnection, sql: string) {
  try {
    return await reader.extractStatements(sql);
  } catch (error) {
    // The binding has no other word for a text without a statement.
    if (messageOf(error) === 'Error in native callback') throw refusal('it holds no statement');
    throw error;
  }
}

function refusal(why: string): FleeceError {
  return new FleeceError('usage', `the query was refused: ${why}`);
}

function* faultsOf(node: unknown): Iterable<string> {
  if (Array.isArray(node)) {
    for (const child of node) yield* faultsOf(child);
    return;
  }
  if (node === null || typeof node !== 'object') return;
  const fields = node as Record<string, unknown>;
  if (fields.type === 'BASE_TABLE') {
    const name = String(fields.table_name);
    if (!/^\w+$/.test(name)) yield `"${name.slice(0, 60)}" is not a table of the store`;
  }
  if (fields.type === 'TABLE_FUNCTION') {
    const called = (fields.function as { function_name?: string } | undefined)?.function_name ?? '';
    if (!harmless.has(called.toLowerCase()))
      yield `the function ${called.slice(0, 60)} is not allowed in place of a table`;
  }
  for (const child of Object.values(fields)) yield* faultsOf(child);
}
