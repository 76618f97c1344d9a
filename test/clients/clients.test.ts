import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localTls } from '../../src/gateway/tls/load-tls.ts';
import type { Bar } from '../../src/market/bar.ts';
import { toIsoMinute } from '../../src/time/minute.ts';
import { bar, revision, startWorld, type World } from '../gateway/support/world.ts';

const here = dirname(fileURLToPath(import.meta.url));
const python = process.env['PYTHON'] ?? 'python3';
const hasAlpacaPy = spawnSync(python, ['-c', 'import alpaca']).status === 0;
if (!hasAlpacaPy) process.stderr.write('alpaca-py is not tried: pip install alpaca-py\n');

type Line = Record<string, unknown>;

/** A bot of someone else's making, in a process of its own. */
class Bot {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  #stderr = '';
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.#child = spawn(command, args, { cwd: here, env: { ...process.env, ...env }, stdio: 'pipe' });
    const { stdout, stderr } = this.#child;
    if (stdout)
      createInterface({ input: stdout }).on('line', (line) => {
        if (line.startsWith('{')) this.lines.push(JSON.parse(line) as Line);
        this.#wake();
      });
    stderr?.on('data', (data: Buffer) => {
      this.#stderr += data.toString();
    });
    this.#child.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The lines that a predicate picks, as soon as there are `count` of them. */
  async some(count: number, pick: (line: Line) => boolean): Promise<Line[]> {
    for (;;) {
      const picked = this.lines.filter(pick);
      if (picked.length >= count) return picked;
      if (this.#ended) throw new Error(`the bot ended with ${picked.length} of ${count}: ${this.#stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    while (!this.#ended) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const symbols = Array.from({ length: 500 }, (_, at) => `X${letters[Math.floor(at / 26)]}${letters[at % 26]}`);

const known = symbols.flatMap((name) => [0, 1, 2].map((count) => bar(name, count, { c: 50 + count })));

/** What the bot has to print of a bar: every value as it was delivered, the time in whatever spelling. */
function told(kind: string, { symbol, minute, o, h, l, c, v, n, vw }: Bar): Line {
  return { T: kind, S: symbol, t: toIsoMinute(minute), o, h, l, c, v, n, vw };
}

function normal({ t, ...rest }: Line): Line {
  return { ...rest, t: new Date(t as string).toISOString().replace('.000Z', 'Z') };
}

const listOf = (line: Line | undefined, key: string) => (line ? (line[key] as string[]) : []);

const inOrder = (lines: readonly Line[]) =>
  lines.map((line) => JSON.stringify(line, Object.keys(line).sort())).sort();

let world: World;
let bot: Bot;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleece-clients-'));
});
afterEach(async () => {
  bot.kill();
  await world.gateway.close();
  rmSync(folder, { recursive: true });
});

/** REST pages joined, 500 symbols subscribed, each bar and each revision of three minutes once and unchanged. */
async function expectServed(): Promise<void> {
  const [rest] = await bot.some(1, (line) => 'rest' in line);
  expect(listOf(rest, 'rest').length).toBe(known.length);
  const [latest] = await bot.some(1, (line) => 'latest' in line);
  expect(listOf(latest, 'latest').toSorted()).toEqual(symbols.slice(0, 3));
  await until(() => world.universe.acquired.flat().length >= 500 && world.gateway.clients === 1);
  await settled();
  const bars: Bar[] = [];
  for (const count of [10, 11, 12]) {
    const minute = symbols.map((name, at) =>
      bar(name, count, { c: 100 + at / 4, v: 1000 + at, vw: 100.000001 + at }),
    );
    const corrected = minute.filter((_, at) => at % 50 === 0).map((one) => revision(one));
    world.deliver(...minute);
    world.deliver(...corrected);
    bars.push(...minute, ...corrected);
  }
  const kind = (one: Bar) => (one.type === 'bar' ? 'b' : 'u');
  const lines = await bot.some(bars.length, ({ T }) => T === 'b' || T === 'u');
  expect(inOrder(lines.map(normal))).toEqual(inOrder(bars.map((one) => told(kind(one), one))));
  const days = await bot.some(3, ({ T }) => T === 'd');
  expect(days[0]).toMatchObject({ S: symbols[0] });
  expect(bot.lines.filter((line) => 'error' in line)).toEqual([]);
  await bot.stop();
  await until(() => world.gateway.clients === 0);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The bots subscribe to three channels one after another: all three are in when nothing has come for a while. */
async function settled(): Promise<void> {
  const probe = bar(symbols[0] ?? '', 5);
  const gotAll = () => {
    const kinds = new Set(bot.lines.map(({ T }) => T));
    return kinds.has('b') && kinds.has('u') && kinds.has('d');
  };
  let version = 1;
  while (!gotAll()) {
    world.deliver(
      { ...probe, version: version++, type: 'bar' },
      { ...probe, version: version++, type: 'revision' },
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // What the probes made is all there once a last one is through.
  const last = bar(symbols[1] ?? '', 6);
  world.deliver(last);
  await bot.some(1, ({ S, T }) => T === 'b' && S === symbols[1]);
  bot.lines.length = 0;
}

describe('a program changes only the address', () => {
  it('with @alpacahq/alpaca-trade-api 4.x', async () => {
    world = await startWorld();
    world.history.add(...known);
    bot = new Bot(process.execPath, ['npm-4.mjs', `127.0.0.1:${world.gateway.port}`, symbols.join(',')]);
    await expectServed();
  });

  it('with @alpacahq/alpaca-trade-api 3.x, which insists on wss', async () => {
    const tls = await localTls(folder, '127.0.0.1', Date.now());
    world = await startWorld({ tls });
    world.history.add(...known);
    const args = ['npm-3.mjs', `127.0.0.1:${world.gateway.port}`, symbols.join(',')];
    bot = new Bot(process.execPath, args, { NODE_EXTRA_CA_CERTS: tls.authorityFile });
    await expectServed();
  });

  it.runIf(hasAlpacaPy || process.env['CI'])('with alpaca-py', async () => {
    world = await startWorld();
    world.history.add(...known);
    bot = new Bot(python, ['alpaca_py.py', `127.0.0.1:${world.gateway.port}`, symbols.join(',')]);
    await expectServed();
  });
});
