import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { AffineClock } from '../../src/time/affine-clock.ts';

const folder = join(import.meta.dirname, '../../examples');

// The examples import the package as its users do; here that is the source.
vi.mock('alpaca-fleece', () => import('../../src/index.ts'));

it('the examples have no type error', () => {
  const config = ts.getParsedCommandLineOfConfigFile(join(folder, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  });
  expect(config?.fileNames.length).toBeGreaterThan(3);
  const program = ts.createProgram(config?.fileNames ?? [], config?.options ?? {});
  const faults = ts.getPreEmitDiagnostics(program);
  expect(faults.map((fault) => ts.flattenDiagnosticMessageText(fault.messageText, '\n'))).toEqual([]);
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
