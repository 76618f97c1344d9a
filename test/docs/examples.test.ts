import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { AffineClock } from '../../src/time/affine-clock.ts';

const folder = join(import.meta.dirname, '../../examples');

// The examples import the package as its users do; here that is the source.
vi.mock('alpaca-fleece', () => import('../../src/index.ts'));

/** What a snippet of a document takes for granted, where it does not say it itself. */
const given: Readonly<Record<string, string>> = {
  streamBars: `import { streamBars } from 'alpaca-fleece';`,
  symbols: 'declare const symbols: string[];',
  stream: `declare const stream: import('alpaca-fleece').BarStream;`,
  trade: `declare function trade(bar: import('alpaca-fleece').Bar): Promise<void>;`,
  use: `declare function use(bar: import('alpaca-fleece').Bar): void;`,
};

/** The snippets of a document about the library, as files of TypeScript in `folder`. */
function snippetsOf(page: string, folder: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8');
  return [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)]
    .map(([, code = '']) => code)
    .filter((code) => /streamBars|makePlan|stream\./.test(code))
    .map((code, at) => {
      const missing = Object.entries(given).filter(
        ([name]) => !new RegExp(`(const |import \\{[^}]*)${name}\\b`).test(code),
      );
      const file = join(folder, `${page.replace(/\W/g, '-')}-${at}.ts`);
      writeFileSync(file, `${missing.map(([, line]) => line).join('\n')}\n${code}`);
      return file;
    });
}

it('the examples, and the snippets of README.md and docs/library.md, have no type error', () => {
  const config = ts.getParsedCommandLineOfConfigFile(join(folder, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  });
  const scratch = mkdtempSync(join(tmpdir(), 'fleece-snippets-'));
  try {
    const snippets = ['README.md', 'docs/library.md'].flatMap((page) => snippetsOf(page, scratch));
    expect(snippets.length).toBeGreaterThan(5);
    writeFileSync(join(scratch, 'package.json'), '{"type":"module"}');
    const program = ts.createProgram([...(config?.fileNames ?? []), ...snippets], {
      ...config?.options,
      noUnusedLocals: false,
    });
    const faults = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => ({
      file: file?.fileName,
      fault: ts.flattenDiagnosticMessageText(messageText, '\n'),
    }));
    expect(faults).toEqual([]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

it('examples/README.md names every example', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const programs = readdirSync(folder).filter((name) => name.endsWith('.js'));
  expect(programs.filter((name) => !readme.includes(`(${name})`))).toEqual([]);
});

describe('against the simulator, the example', () => {
  const speed = 60;
  const realZero = Date.now();
  const virtualZero = Date.parse('2026-01-14T15:00:30Z');
  const scratch = mkdtempSync(join(tmpdir(), 'fleece-examples-'));
  const said: string[] = [];
  let simulator: Simulator;

  beforeAll(async () => {
    const clock = new AffineClock(realZero, virtualZero, speed);
    simulator = await startSimulator({ clock, symbols: ['AAPL', 'MSFT', 'NVDA'], quiet: 0, revised: 0.5 });
  });

  afterAll(async () => {
    await simulator.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  beforeEach(() => {
    said.length = 0;
    vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void said.push(words.join(' ')));
    const iso = (ms: number) => new Date(ms).toISOString();
    vi.stubEnv('FLEECE_CLOCK', `${iso(realZero)}/${iso(virtualZero)}/${speed}`);
    vi.stubEnv('FLEECE_MINUTES', '2');
    vi.stubEnv('APCA_API_DATA_URL', simulator.url);
    vi.stubEnv('APCA_API_KEY_ID', 'sim');
    vi.stubEnv('APCA_API_SECRET_KEY', 'sim');
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    process.removeAllListeners('SIGINT');
  });

  async function run(name: string, ...args: string[]): Promise<void> {
    const { argv } = process;
    process.argv = ['node', name, ...args];
    try {
      await import(join(folder, name));
    } finally {
      process.argv = argv;
    }
  }

  it('console.js prints each bar', async () => {
    await run('console.js', 'AAPL', 'MSFT');
    expect(said).toHaveLength(4);
    expect(said[0]).toMatch(/^2026-01-14T15:\d\d:00Z (AAPL|MSFT) {3}o \d/);
  });

  it('own-store.js writes bars and their revisions', async () => {
    const file = join(scratch, 'bars.ndjson');
    await run('own-store.js', file, 'AAPL', 'MSFT', 'NVDA');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const bars = lines.map((line) => JSON.parse(line) as { T: string; S: string; t: string });
    expect(bars.filter((bar) => bar.T === 'b')).toHaveLength(6);
    expect(new Set(bars.map((bar) => `${bar.S} ${bar.t}`)).size).toBe(6);
  });

  it('gap-alarm.js raises the alarm for a symbol that is refused', async () => {
    await run('gap-alarm.js', 'AAPL', 'BRK-B');
    expect(said).toContainEqual(expect.stringMatching(/^ALARM BRK-B is set aside/));
    expect(said.filter((line) => line.includes(' AAPL '))).toHaveLength(2);
  });
});
