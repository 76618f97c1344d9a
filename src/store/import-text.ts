import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { FleeceError, messageOf } from '../errors.ts';
import { checkColumns, columnNames, type ImportedRow, readingFault } from './import-columns.ts';
import type { RawBar } from './import-row.ts';

function textOf(file: string): Readable {
  const bytes = createReadStream(file);
  if (!file.endsWith('.gz')) return bytes;
  const text = createGunzip();
  bytes.on('error', (error) => text.destroy(error));
  return bytes.pipe(text);
}

/** Rows of a CSV file whose first line names the columns; `.gz` is unpacked. */
export async function* csvRows(file: string): AsyncIterable<ImportedRow> {
  const text = textOf(file);
  const parser = parse({ bom: true, info: true, skip_empty_lines: true });
  text.on('error', (error) => parser.destroy(error));
  text.pipe(parser);
  let columns: readonly string[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      if (!columns) {
        columns = checkColumns(record, file);
        continue;
      }
      const named = columns.map((column, at) => [column, record[at]] as const);
      yield { raw: Object.fromEntries(named), where: `${file}, line ${info.lines}` };
    }
  } catch (error) {
    throw readingFault(file, error);
  }
  if (!columns)
    throw new FleeceError('usage', `${file}: it is empty; the first line has to name the columns`);
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Rows of a file with one JSON object a line; `.gz` is unpacked. */
export async function* lineRows(file: string): AsyncIterable<ImportedRow> {
  const text = textOf(file);
  const lines = createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
  let broken: unknown;
  text.on('error', (error) => {
    broken = error;
    lines.close();
  });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    const where = `${file}, line ${number}`;
    yield { raw: fieldsOf(line, where), where };
  }
  if (broken) throw readingFault(file, broken);
}

function fieldsOf(line: string, where: string): RawBar {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new FleeceError('usage', `${where}: it is not JSON (${messageOf(error)})`, { cause: error });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new FleeceError('usage', `${where}: it has to be an object such as {"T":"b","S":"AAPL",...}`);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [columnNames[name] ?? name, field]));
}
