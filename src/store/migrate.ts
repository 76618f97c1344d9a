import { readdirSync, readFileSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { FleeceError } from '../errors.ts';
import type { EpochMs } from '../time/clock.ts';

const folder = new URL('./migrations/', import.meta.url);

interface Migration {
  readonly version: number;
  readonly name: string;
}

function migrations(): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort()
    .map((name) => ({ version: Number(name.slice(0, 4)), name }));
}

/**
 * Bring the schema of an open database to the newest version, each step in a transaction of its own.
 *
 * @throws FleeceError `store` when the file holds something else, or a schema newer than this program knows.
 */
export async function migrate(writer: DuckDBConnection, path: string, now: EpochMs): Promise<void> {
  const steps = migrations();
  const newest = steps.at(-1)?.version ?? 0;
  const present = await schemaVersion(writer, path);
  if (present > newest) {
    throw new FleeceError(
      'store',
      `the store ${path} has schema version ${present}, and this version of Fleece knows up to ${newest}: use a newer Fleece; nothing was changed`,
    );
  }
  const missing = steps.filter(({ version }) => version > present);
  for (const step of missing) await apply(writer, step, now);
  if (missing.length > 0) await writer.run('CHECKPOINT');
}

async function schemaVersion(writer: DuckDBConnection, path: string): Promise<number> {
  const tables = await writer.runAndReadAll(
    `SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary`,
  );
  const names = tables.getRows().map(([name]) => String(name));
  if (names.length === 0) return 0;
  if (!names.includes('schema_version')) {
    throw new FleeceError(
      'store',
      `${path} is a DuckDB file but not a store of Fleece (it holds ${names.slice(0, 3).join(', ')}): give another --db PATH; nothing was changed`,
    );
  }
  const rows = await writer.runAndReadAll('SELECT max(version) FROM schema_version');
  return Number(rows.getRows()[0]?.[0] ?? 0);
}

async function apply(writer: DuckDBConnection, step: Migration, now: EpochMs): Promise<void> {
  const sql = readFileSync(new URL(step.name, folder), 'utf8');
  await writer.run('BEGIN');
  try {
    await writer.run(
      'CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)',
    );
    await writer.run(sql);
    await writer.run('INSERT INTO schema_version VALUES ($1, $2, make_timestamptz($3::BIGINT))', [
      step.version,
      step.name,
      BigInt(Math.round(now * 1000)),
    ]);
    await writer.run('COMMIT');
  } catch (error) {
    await writer.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
