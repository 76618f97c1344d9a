import type { DuckDBConnection } from '@duckdb/node-api';
import { instantSql } from './duckdb-value.ts';
import { checkColumns, type ImportedRow, readingFault } from './import-columns.ts';

const instants = new Set(['minute', 'received_at']);

/** Rows of the Parquet files that `pattern` names, pulled from a running statement of `reader`. */
export async function* parquetRows(reader: DuckDBConnection, pattern: string): AsyncIterable<ImportedRow> {
  const source = `read_parquet('${pattern.replaceAll("'", "''")}', union_by_name = true, hive_partitioning = false)`;
  let number = 0;
  try {
    const described = await reader.runAndReadAll(`DESCRIBE FROM ${source}`);
    const names = described.getRows().map(([name]) => String(name));
    const columns = checkColumns(names, pattern);
    const picked = names.map((name, at) => {
      const quoted = `"${name.replaceAll('"', '""')}"`;
      return instants.has(columns[at] ?? '') ? instantSql(`${quoted}::TIMESTAMPTZ`) : quoted;
    });
    const result = await reader.stream(`SELECT ${picked.join(', ')} FROM ${source}`);
    for await (const rows of result.yieldRowsJs()) {
      for (const row of rows) {
        number += 1;
        const raw = Object.fromEntries(columns.map((column, at) => [column, plain(row[at])]));
        yield { raw, where: `${pattern}, row ${number}` };
      }
    }
  } catch (error) {
    throw readingFault(pattern, error);
  }
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
