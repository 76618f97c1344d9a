import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import {
  largestSymbolsFile,
  readSymbolsFile,
  rememberStdin,
  stdinPath,
} from '../../src/universe/symbols-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-symbols-'));
afterAll(() => rmSync(folder, { recursive: true }));

const holding = (bytes: Uint8Array | string) => async () => Buffer.from(bytes);

describe('a symbols file', () => {
  it('is read from the disk', async () => {
    const path = join(folder, 'mine.txt');
    writeFileSync(path, 'AAPL\nMSFT\n');
    expect((await readSymbolsFile(path, readFile)).symbols).toEqual(['AAPL', 'MSFT']);
  });

  it('is unpacked when it is gzip, whatever its name', async () => {
    const packed = gzipSync('name,symbol\nApple,AAPL\n');
    expect((await readSymbolsFile('mine.csv.gz', holding(packed))).symbols).toEqual(['AAPL']);
    expect((await readSymbolsFile('mine.txt', holding(packed))).symbols).toEqual(['AAPL']);
    expect((await readSymbolsFile('mine.txt.gz', holding('AAPL\n'))).symbols).toEqual(['AAPL']);
  });

  it('may be UTF-16, as Windows writes it', async () => {
    const bytes = Buffer.from('\uFEFFAAPL\r\nMSFT\r\n', 'utf16le');
    expect((await readSymbolsFile('mine.txt', holding(bytes))).symbols).toEqual(['AAPL', 'MSFT']);
  });

  it('from stdin is the same when it is read again, though stdin is empty by then; a file is read anew', async () => {
    const left = ['AAPL\n', ''];
    const read = rememberStdin(async (path) =>
      Buffer.from(path === stdinPath ? (left.shift() ?? '') : 'MSFT\n'),
    );
    expect((await readSymbolsFile(stdinPath, read)).symbols).toEqual(['AAPL']);
    expect((await readSymbolsFile('mine.txt', read)).symbols).toEqual(['MSFT']);
    expect((await readSymbolsFile(stdinPath, read)).symbols).toEqual(['AAPL']);
  });

  it('that is not there, or is a directory, is said to be so', async () => {
    await expect(readSymbolsFile(join(folder, 'none.txt'), readFile)).rejects.toThrow(
      /cannot read the symbols file .*none\.txt: there is no such file/,
    );
    await expect(readSymbolsFile(folder, readFile)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('it is a directory'),
    });
    const denied = async () => {
      throw Object.assign(new Error('EACCES: x'), { code: 'EACCES' });
    };
    await expect(readSymbolsFile('mine.txt', denied)).rejects.toThrow(/mine\.txt: permission denied/);
  });

  it('is refused when its gzip data is cut off', async () => {
    const packed = gzipSync('AAPL\nMSFT\n'.repeat(100)).subarray(0, 30);
    await expect(readSymbolsFile('mine.gz', holding(packed))).rejects.toThrow(
      /mine\.gz: its gzip data is damaged/,
    );
  });

  it('is refused when it is too large, also once unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(largestSymbolsFile + 1, 'A\n'), { level: 1 });
    expect(bomb.length).toBeLessThan(largestSymbolsFile / 50);
    await expect(readSymbolsFile('bomb.gz', holding(bomb))).rejects.toThrow(
      /unpacked, it is larger than 50 MB/,
    );
    const large = async () => new Uint8Array(largestSymbolsFile + 1);
    await expect(readSymbolsFile('large.txt', large)).rejects.toThrow(/larger than 50 MB/);
  });

  it('is refused when it is not text', async () => {
    const bytes = Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 89 + 7) % 256));
    await expect(readSymbolsFile('mine.png', holding(bytes))).rejects.toThrow(/mine\.png is not a text file/);
  });
});
