import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  type MarketBar,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/index.ts';
import { AffineClock } from '../../src/time/affine-clock.ts';

const bin = join(import.meta.dirname, '../../bin/fleece.js');

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A simulator, and the environment in which `fleece` finds it and has its clock. */
export interface World {
  readonly simulator: Simulator;
  readonly clock: AffineClock;
  /** Run a command to its end. */
  run(...args: string[]): Promise<Outcome>;
  /** Start a command. */
  start(...args: string[]): ChildProcess;
  close(): Promise<void>;
}

/** A world whose clock shows `virtual` now. */
export async function startWorld(virtual: string, options: SimulatorOptions = {}, speed = 1): Promise<World> {
  const real = Date.now();
  const clock = new AffineClock(real, Date.parse(virtual), speed);
  const simulator = await startSimulator({ rateLimit: 'off', hours: 'extended', ...options, clock, port: 0 });
  const env = {
    ...process.env,
    FLEECE_CLOCK: `${new Date(real).toISOString()}/${virtual}/${speed}`,
    FLEECE_RPM: '10000',
    APCA_API_DATA_URL: simulator.url,
    APCA_API_BASE_URL: simulator.url,
    APCA_API_KEY_ID: 'store-key',
    APCA_API_SECRET_KEY: 'store-secret',
  };
  const start = (...args: string[]) =>
    spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    simulator,
    clock,
    start,
    run: (...args) => outcome(start(...args)),
    close: () => simulator.close(),
  };
}

/** Wait for a command's end. */
export async function outcome(child: ChildProcess): Promise<Outcome> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (data: Buffer) => {
    out += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    err += data.toString();
  });
  await once(child, 'close');
  return { code: child.exitCode, out, err };
}

/** Resolves when the command has said something on stderr that fits. */
export function said(child: ChildProcess, what: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (data: Buffer) => {
      text += data.toString();
      if (what.test(text)) resolve(text);
    });
    child.once('close', () => reject(new Error(`it ended without saying ${String(what)}: ${text}`)));
  });
}

/** The simulator's own bars from `from` to `to` (ISO, both inclusive), as `fleece export` writes them. */
export function truthLines(world: World, symbols: readonly string[], from: string, to: string): string[] {
  const [first, last] = [Date.parse(from) / 60_000, Date.parse(to) / 60_000];
  return world.simulator.market
    .visible([...symbols].sort(), first, last, world.clock.now())
    .map(({ symbol, bar }) => lineOf(symbol, bar));
}

function lineOf(S: string, { minute, o, h, l, c, v, n, vw }: MarketBar): string {
  const t = `${new Date(minute * 60_000).toISOString().slice(0, 19)}Z`;
  return JSON.stringify({ T: 'b', S, o, h, l, c, v, t, n, vw });
}

/** The lines of a text. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
