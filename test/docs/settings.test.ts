import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { settingsTable } from './settings-table.ts';

const page = join(import.meta.dirname, '../../docs/streaming.md');
const mark = /(<!-- settings: .*-->\n)[\s\S]*?(\n<!-- end of settings -->)/;

it('docs/streaming.md lists every setting as the code has it', () => {
  const text = readFileSync(page, 'utf8');
  expect(text).toMatch(mark);
  const renewed = text.replace(mark, (_, start: string, end: string) => start + settingsTable() + end);
  if (process.env['FLEECE_UPDATE_DOCS']) writeFileSync(page, renewed);
  // Out of date? FLEECE_UPDATE_DOCS=1 npx vitest run test/docs/settings.test.ts writes the table anew.
  else expect(text).toBe(renewed);
});
