import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load, machine } from './rig/machine.ts';
import { keepSection } from './rig/results.ts';
import { type BenchTable, toMarkdown } from './rig/table.ts';
import { backfillTable } from './tables/backfill.ts';
import { fanoutTable } from './tables/fanout.ts';
import { floorTable } from './tables/floor.ts';
import { growthTable } from './tables/growth.ts';
import { latenessTable } from './tables/lateness.ts';
import { memoryTable } from './tables/memory.ts';
import { peersTable } from './tables/peers.ts';

const tables: readonly BenchTable[] = [
  floorTable,
  peersTable,
  latenessTable,
  backfillTable,
  fanoutTable,
  growthTable,
  memoryTable,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !tables.some((table) => table.name === name));
if (values.help || unknown.length > 0) {
  for (const name of unknown) console.error(`there is no table "${name}"`);
  console.error('npm run bench -- [TABLE...] [--quick] [--profile FOLDER]');
  for (const { name, describe } of tables) console.error(`  ${name.padEnd(10)} ${describe}`);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const chosen = tables.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
// A quick run proves that the bench works; its figures replace nobody's.
const results = fileURLToPath(new URL(`../../results${values.quick ? '-quick' : ''}.md`, import.meta.url));
let failed = 0;
for (const table of chosen) {
  const began = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, load ${load()}`;
  const section = await table.run({ quick: values.quick, profile: values.profile });
  const command = `npm run bench -- ${table.name}${values.quick ? ' --quick' : ''}`;
  const text = `${toMarkdown(section)}\n\`${command}\`, ${began}; ${machine()}\n`;
  console.log(text);
  keepSection(
    results,
    table.name,
    text,
    tables.map(({ name }) => name),
  );
  failed += section.verdicts.filter(({ holds }) => !holds).length;
}
console.log(failed === 0 ? 'every target holds' : `${failed} targets do not hold`);
