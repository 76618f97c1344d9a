import { gunzipSync } from 'node:zlib';
import { codeOf, FleeceError, messageOf } from '../errors.ts';
import { parseSymbols, type SymbolList } from './symbol-list.ts';

/** Reads a whole file, as `readFile` of `node:fs/promises` does. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** What stands for `-`. */
export const stdinPath = '/dev/stdin';

/** `readFile`, for whoever reads a list again later: stdin is empty by then, so what it held is remembered. */
export function rememberStdin(readFile: ReadFile): ReadFile {
  let held: Promise<Uint8Array> | undefined;
  return (path) => (path === stdinPath ? (held ??= readFile(path)) : readFile(path));
}

/** The most bytes of a list, unpacked. All listed symbols with their names are under 1 MB. */
export const largestSymbolsFile = 50 * 1024 * 1024;

/**
 * Read a file of symbols, plain or gzip (known by its first bytes, not by its name).
 *
 * @throws FleeceError `usage` when it cannot be read, is too large, or is no list of symbols.
 */
export async function readSymbolsFile(path: string, readFile: ReadFile): Promise<SymbolList> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new FleeceError('usage', `cannot read the symbols file ${path}: ${readFault(error)}`, {
      cause: error,
    });
  });
  return parseSymbols(decode(unpack(bytes, path)), path);
}

function readFault(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a directory; name a file in it';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ERR_FS_FILE_TOO_LARGE':
      return tooLarge;
    default:
      return messageOf(error);
  }
}

const tooLarge = `it is larger than ${largestSymbolsFile / 1024 / 1024} MB; a list of symbols is far smaller`;

function unpack(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes.length > largestSymbolsFile) throw new FleeceError('usage', `symbols file ${path}: ${tooLarge}`);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: largestSymbolsFile });
  } catch (error) {
    const code = codeOf(error);
    const why =
      code === 'ERR_BUFFER_TOO_LARGE' ? `unpacked, ${tooLarge}` : 'its gzip data is damaged or cut off';
    throw new FleeceError('usage', `symbols file ${path}: ${why}`, { cause: error });
  }
}

/** UTF-8, or UTF-16 as spreadsheets and PowerShell on Windows write it. */
function decode(bytes: Uint8Array): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(utf16 ? 'utf-16le' : 'utf-8').decode(bytes);
}
