import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folders = ['errors.ts', 'time', 'market', 'ledger', 'async', 'store'];

/**
 * The store as JavaScript that a child process can load, below `node_modules` so that packages are found from
 * there. `remove` it in the end.
 */
export function compileStore(name: string): { readonly folder: string; remove(): void } {
  const folder = join(root, 'node_modules/.cache', `fleece-${name}-${process.pid}`);
  for (const start of folders) compile(join(root, 'src', start), join(folder, start));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function compile(from: string, to: string): void {
  if (statSync(from).isDirectory()) {
    for (const name of readdirSync(from)) compile(join(from, name), join(to, name));
    return;
  }
  mkdirSync(dirname(to), { recursive: true });
  if (!from.endsWith('.ts')) {
    cpSync(from, to);
    return;
  }
  const { outputText } = ts.transpileModule(readFileSync(from, 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  writeFileSync(to.replace(/\.ts$/, '.js'), outputText);
}
