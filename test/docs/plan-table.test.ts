import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makePlan } from '../../src/plan/plan.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const number = (count: number) => count.toLocaleString('en-US');

it('README.md has the figures of the planner', () => {
  const table = /^\| Symbols \| Symbols a request .*\n.*\n((?:\|.*\n)+)/m.exec(readme)?.[1] ?? '';
  const rows = table.trimEnd().split('\n');
  expect(rows.length).toBeGreaterThan(5);
  const planned = rows.map((row) => {
    const count = Number(row.split('|')[1]?.replaceAll(',', ''));
    const symbols = Array.from({ length: count }, (_, at) => `S${at.toString(36).toUpperCase()}`);
    const plan = makePlan({ symbols, mode: 'hybrid', requestsPerMinute: 180 });
    const { batchSize, requestsPerMinute, budgetShare, secondPassRequests } = plan;
    const cells = [number(count), batchSize, requestsPerMinute, `${Math.round(budgetShare * 100)} %`];
    return `| ${[...cells, secondPassRequests].join(' | ')} |`;
  });
  expect(rows).toEqual(planned);
});
