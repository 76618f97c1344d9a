// Builds dist/: the compiled package and the files that are not TypeScript (SQL migrations).
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });

const migrations = join(root, 'src/store/migrations');
if (existsSync(migrations)) {
  cpSync(migrations, join(root, 'dist/store/migrations'), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
}

// The page: its own workspace, built into the package.
const webRequire = createRequire(join(root, 'web/package.json'));
const { build } = await import(pathToFileURL(webRequire.resolve('vite')).href);
await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' });

// npm links the commands of dependencies, but not of the package itself: with the link, `npx fleece` needs no cache.
const commands = join(root, 'node_modules/.bin');
if (existsSync(commands) && process.platform !== 'win32') {
  rmSync(join(commands, 'fleece'), { force: true });
  symlinkSync('../../bin/fleece.js', join(commands, 'fleece'));
}
