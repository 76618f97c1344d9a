import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../../../shared/alpaca');

/** False where Alpaca's own documents do not lie beside the repository. */
export const hasOpenApi = existsSync(join(folder, 'openapi'));

/** What is wrong with `body` by one schema of one of Alpaca's own documents. */
export function faultsBy(
  document: 'market-data-api' | 'trading-api',
  schema: string,
  body: unknown,
): unknown[] {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/);
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/);
  for (const format of ['double', 'decimal', 'float', 'int32', 'int64', 'uint32', 'uint64', 'uuid'])
    ajv.addFormat(format, true);
  ajv.addSchema(JSON.parse(readFileSync(join(folder, `openapi/${document}.json`), 'utf8')) as object, 'api');
  const validate = ajv.compile({ $ref: `api#/components/schemas/${schema}` });
  validate(body);
  return validate.errors ?? [];
}

/** A body of the real service. */
export function recordedBody(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, 'recordings', name), 'utf8'));
}
