import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = join(dirname(fileURLToPath(import.meta.url)), '../src');

/** Which folder may import which. `errors.ts` may be imported by all but the simulator. */
const table: Record<string, readonly string[]> = {
  time: [],
  async: ['time'],
  telemetry: [],
  market: ['time'],
  universe: ['market', 'time'],
  plan: ['market', 'universe', 'time'],
  budget: ['time', 'async', 'market'],
  alpaca: ['market', 'time', 'async', 'budget', 'telemetry'],
  ledger: ['market', 'time'],
  store: ['market', 'ledger', 'time', 'async', 'telemetry'],
  fanout: ['market', 'ledger', 'time', 'async', 'telemetry'],
  ingest: ['time', 'async', 'telemetry', 'market', 'universe', 'plan', 'ledger', 'store', 'fanout'],
  gateway: ['market', 'ledger', 'store', 'fanout', 'async', 'telemetry', 'time'],
  app: [
    'time',
    'async',
    'telemetry',
    'market',
    'universe',
    'plan',
    'budget',
    'alpaca',
    'ledger',
    'store',
    'fanout',
    'ingest',
    'gateway',
  ],
  cli: ['app', 'simulator', 'time', 'market', 'telemetry', 'plan'],
  simulator: ['time'],
};

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    resolve(dirname(path), match[1] ?? ''),
  );
}

const files = filesBelow(src);
const graph = new Map(files.map((file) => [file, importsOf(file)]));
const folderOf = (path: string) => relative(src, path).split('/')[0] ?? '';

describe('the import table', () => {
  it('names every folder of src', () => {
    const folders = new Set(
      files.filter((file) => relative(src, file).includes('/')).map((file) => folderOf(file)),
    );
    expect([...folders].filter((folder) => !(folder in table))).toEqual([]);
  });

  it('holds for every import', () => {
    const edges = [...graph].flatMap(([file, targets]) => targets.map((target) => ({ file, target })));
    const broken = edges.filter(({ file, target }) => {
      const from = folderOf(file);
      const to = folderOf(target);
      if (from === to || !(from in table)) return false;
      if (to === 'errors.ts') return from === 'simulator';
      return !table[from]?.includes(to);
    });
    expect(broken.map(({ file, target }) => `${relative(src, file)} -> ${relative(src, target)}`)).toEqual(
      [],
    );
  });

  it('lets every import lead to a file', () => {
    const lost = [...graph].flatMap(([file, targets]) =>
      targets
        .filter((target) => target.endsWith('.ts') && !graph.has(target))
        .map((target) => `${file} -> ${target}`),
    );
    expect(lost).toEqual([]);
  });

  it('has no cycle between files', () => {
    const done = new Set<string>();
    const path: string[] = [];
    const cycles: string[] = [];
    const visit = (file: string) => {
      if (done.has(file)) return;
      const at = path.indexOf(file);
      if (at >= 0) {
        cycles.push(
          path
            .slice(at)
            .map((member) => relative(src, member))
            .join(' -> '),
        );
        return;
      }
      path.push(file);
      for (const target of graph.get(file) ?? []) visit(target);
      path.pop();
      done.add(file);
    };
    for (const file of files) visit(file);
    expect(cycles).toEqual([]);
  });
});

describe('the world enters by parameter', () => {
  const rules = [
    { what: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, where: ['time/'] },
    { what: /\bsetTimeout\(|\bsetInterval\(/, where: ['time/'] },
    { what: /\bprocess\.env\b/, where: ['app/config', 'cli/', 'time/'] },
    { what: /\bMath\.random\(/, where: ['async/backoff.ts', 'app/', 'cli/'] },
  ];
  for (const { what, where } of rules) {
    it(`keeps ${what.source} in ${where.join(', ')}`, () => {
      const found = files
        .map((file) => relative(src, file))
        .filter((file) => !where.some((place) => file.startsWith(place)))
        .filter((file) => what.test(readFileSync(join(src, file), 'utf8')));
      expect(found).toEqual([]);
    });
  }
});
