import { CsvError, parse } from 'csv-parse/sync';
import { FleeceError, messageOf } from '../errors.ts';
import { type MarketSymbol, symbolFault } from '../market/symbol.ts';

/** Symbols as somebody listed them: upper case, in the order of the list, each once. */
export interface SymbolList {
  readonly symbols: readonly MarketSymbol[];
  /** How many entries were dropped because an earlier one named the same symbol. */
  readonly duplicates: number;
}

interface Entry {
  readonly text: string;
  /** Where it stands, for a message: `mine.txt:12`. */
  readonly place: string;
}

const lineBreak = /\r\n|\n|\r/;
const byteOrderMark = /^\uFEFF/;
// oxlint-disable-next-line no-control-regex
const binary = /[\u0000-\u0008\u000E-\u001F]/;
const csvName = /\.(csv|tsv)(\.gz)?$/i;
const forms = 'a list is one symbol a line, or a CSV with a column "symbol"';

/** The most characters of one CSV record; a longer one has an unclosed quote, or is no list of symbols. */
const longestRecord = 65_536;
/** The most characters of somebody's text that a message repeats. */
const longestQuote = 40;

/**
 * Read a list of symbols: one a line, with blank lines and `#` comments skipped, or CSV (comma, semicolon or
 * tab) with a `symbol` column. `name` is what the list is called in messages.
 *
 * @throws FleeceError `usage` that names the place, what is wrong and what would be right.
 */
export function parseSymbols(text: string, name: string): SymbolList {
  const clean = text.replace(byteOrderMark, '');
  if (binary.test(clean)) throw new FleeceError('usage', `${name} is not a text file; ${forms}`);
  const header = headerOf(clean);
  if (header === undefined) throw new FleeceError('usage', `${name} holds no symbols; ${forms}`);
  const delimiter = delimiterOf(header, name);
  const entries = delimiter === undefined ? lineEntries(clean, name) : csvEntries(clean, name, delimiter);
  return collect(entries, name);
}

/**
 * Read symbols as they stand on a command line: `AAPL MSFT` or `AAPL,MSFT`. None at all gives an empty list.
 *
 * @throws FleeceError `usage` that names the argument.
 */
export function parseSymbolArguments(args: readonly string[]): SymbolList {
  const entries = args.flatMap((arg, index) =>
    arg
      .split(',')
      .map((part) => part.trim())
      .filter((part, _, parts) => part !== '' || parts.length === 1)
      .map((text) => ({ text, place: `symbol argument ${index + 1}` })),
  );
  return entries.length === 0 ? { symbols: [], duplicates: 0 } : collect(entries, 'the command line');
}

/** The first line that is neither blank nor a comment. */
function headerOf(text: string): string | undefined {
  const header = /^(?!\s*#)[^\S\r\n]*(\S[^\r\n]*)$/m.exec(text);
  return header?.[1];
}

/** The character between the columns, or undefined when the text has one symbol a line. */
function delimiterOf(header: string, name: string): string | undefined {
  const bare = header.replace(/\s#.*$/, '');
  const delimiter = [',', '\t', ';'].find((each) => bare.trim().includes(each));
  if (delimiter !== undefined) return delimiter;
  return csvName.test(name) || /^"?symbol"?\s*$/i.test(bare) || bare.startsWith('"') ? ',' : undefined;
}

function* lineEntries(text: string, name: string): Generator<Entry> {
  let line = 0;
  for (const raw of text.split(lineBreak)) {
    line++;
    const content = raw.replace(/(^|\s)#.*$/, '').trim();
    if (content !== '') yield { text: content, place: `${name}:${line}` };
  }
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function* csvEntries(text: string, name: string, delimiter: string): Generator<Entry> {
  const [header, ...rows] = csvRecords(text, name, delimiter);
  const titles = header?.record ?? [];
  const column = titles.findIndex((title) => title.trim().toLowerCase() === 'symbol');
  if (column < 0) {
    const found = titles.slice(0, 8).map(quote).join(', ');
    throw new FleeceError('usage', `${name} has no column "symbol" (its first line has ${found}); ${forms}`);
  }
  for (const { record, info } of rows) {
    yield { text: record[column]?.trim() ?? '', place: `${name}:${info.lines}` };
  }
}

function csvRecords(text: string, name: string, delimiter: string): CsvRecord[] {
  try {
    // The types of csv-parse do not know that `info` changes what a record is.
    return parse(text, {
      delimiter,
      info: true,
      trim: true,
      comment: '#',
      comment_no_infix: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      max_record_size: longestRecord,
    }) as unknown as CsvRecord[];
  } catch (error) {
    const line = error instanceof CsvError && typeof error['lines'] === 'number' ? `:${error['lines']}` : '';
    throw new FleeceError(
      'usage',
      `${name}${line} is not valid CSV: ${printable(messageOf(error).slice(0, 200))}`,
      {
        cause: error,
      },
    );
  }
}

function collect(entries: Iterable<Entry>, name: string): SymbolList {
  const symbols = new Set<MarketSymbol>();
  let count = 0;
  for (const { text, place } of entries) {
    const fault = symbolFault(text);
    if (fault !== undefined) {
      throw new FleeceError('usage', `${place}: ${quote(text)} cannot be a symbol: ${fault}; ${forms}`);
    }
    symbols.add(text.toUpperCase() as MarketSymbol);
    count++;
  }
  if (count === 0) throw new FleeceError('usage', `${name} holds no symbols; ${forms}`);
  return { symbols: [...symbols], duplicates: count - symbols.size };
}

/** Somebody's text for a message. */
function quote(text: string): string {
  const shown = printable(text.slice(0, longestQuote));
  return text.length > longestQuote ? `"${shown}..."` : `"${shown}"`;
}

/** Without line ends and whatever else moves a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}
