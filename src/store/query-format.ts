import Table from 'cli-table3';
import { FleeceError } from '../errors.ts';
import type { PlainValue } from './plain-value.ts';
import type { QueryAnswer } from './query.ts';

export const queryFormats = ['table', 'csv', 'json', 'ndjson'] as const;
export type QueryFormat = (typeof queryFormats)[number];

/** Read the name of a format. Throws FleeceError `usage` when there is none of that name. */
export function parseQueryFormat(text: string): QueryFormat {
  const format = queryFormats.find((name) => name === text);
  if (format) return format;
  throw new FleeceError(
    'usage',
    `format "${text.slice(0, 40)}": it has to be one of ${queryFormats.join(', ')}`,
  );
}

type Rows = readonly (readonly PlainValue[])[];
type Answer = Pick<QueryAnswer, 'columns' | 'batches'>;

/** The text of an answer, piece by piece. A table is held whole, to know its widths; the others are not. */
export function formatAnswer(answer: Answer, format: QueryFormat): AsyncIterable<string> {
  return writers[format](answer);
}

const writers: Record<QueryFormat, (answer: Answer) => AsyncIterable<string>> = {
  table: asTable,
  csv: asCsv,
  json: asJson,
  ndjson: asLines,
};

async function* asTable({ columns, batches }: Answer): AsyncIterable<string> {
  const table = new Table({ head: [...columns], style: { head: [], border: [] } });
  for await (const rows of batches)
    for (const row of rows) table.push(row.map((value) => (value === null ? '' : asText(value))));
  yield `${table.toString()}\n`;
}

async function* asCsv({ columns, batches }: Answer): AsyncIterable<string> {
  yield csvLine(columns);
  for await (const rows of batches) yield rows.map(csvLine).join('');
}

async function* asJson({ columns, batches }: Answer): AsyncIterable<string> {
  let first = true;
  for await (const rows of batches) {
    if (rows.length === 0) continue;
    yield `${first ? '[\n' : ',\n'}${records(columns, rows).join(',\n')}`;
    first = false;
  }
  yield first ? '[]\n' : '\n]\n';
}

async function* asLines({ columns, batches }: Answer): AsyncIterable<string> {
  for await (const rows of batches)
    yield records(columns, rows)
      .map((record) => `${record}\n`)
      .join('');
}

function records(columns: readonly string[], rows: Rows): string[] {
  return rows.map((row) =>
    JSON.stringify(Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null]))),
  );
}

function asText(value: PlainValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** One line of CSV, with its end; a field is quoted when it holds a comma, a quote or a line end. */
export function csvLine(fields: readonly PlainValue[]): string {
  const texts = fields.map((field) => {
    const text = field === null ? '' : asText(field);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${texts.join(',')}\n`;
}
