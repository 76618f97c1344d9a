import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { openDuckDbStore } from '../../src/store/duckdb-store.ts';
import type { BarCursor, SymbolBar } from '../../src/store/bar-store.ts';
import { AffineClock } from '../../src/time/affine-clock.ts';
import type { EpochMinute } from '../../src/time/minute.ts';

const bin = join(import.meta.dirname, '../../bin/fleece.js');
const speed = 60;

describe('a daemon that is killed again and again', () => {
  let folder: string;
  let simulator: Simulator;
  let clock: AffineClock;
  let env: NodeJS.ProcessEnv;
  const market = { symbols: 60, seed: 7, quiet: 0.2, revised: 0.1, late: 0.02, lateMinutes: 4 };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleece-restart-'));
    const real = Date.now();
    const virtual = Date.parse('2026-01-14T15:00:10Z');
    clock = new AffineClock(real, virtual, speed);
    simulator = await startSimulator({ clock, ...market, port: 0, faults: { '500': 0.05, reset: 0.03 } });
    env = {
      ...process.env,
      FLEECE_CLOCK: `${new Date(real).toISOString()}/${new Date(virtual).toISOString()}/${speed}`,
      APCA_API_DATA_URL: simulator.url,
      APCA_API_BASE_URL: simulator.url,
      APCA_API_KEY_ID: 'restart-key',
      APCA_API_SECRET_KEY: 'restart-secret',
    };
  });

  afterAll(async () => {
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('has every bar of the whole span once, as the service has it', async () => {
    const db = join(folder, 'bars.duckdb');
    const start = () =>
      spawn(
        process.execPath,
        [bin, 'serve', ...simulator.market.symbols, '--db', db, '--port', '0', '--heal', 'none'],
        {
          env,
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
    const errors: string[] = [];
    let daemon: ChildProcess = start();
    const first = await firstPoll(daemon, errors);
    for (const realMs of [4_700, 3_100, 5_300]) {
      await sleepReal(realMs);
      daemon.kill('SIGKILL');
      await once(daemon, 'exit');
      daemon = start();
      void firstPoll(daemon, errors).catch(() => undefined);
    }
    await sleepReal(9_000);
    daemon.kill('SIGTERM');
    const [code] = await once(daemon, 'exit');
    expect(code, errors.join('')).toBe(0);

    const stored = await readAll(db, clock);
    const from = Math.floor(first / 60_000);
    // What was still inside its lookback, or being filled, when the daemon stopped is owed to the next run.
    const to = Math.floor(clock.now() / 60_000) - 9;
    const wrong: string[] = [];
    for (let minute = from; minute <= to; minute++) {
      for (const symbol of simulator.market.symbols) {
        const truth = simulator.market.at(symbol, minute, clock.now());
        const bar = stored.get(`${symbol} ${minute}`);
        if (
          truth === undefined
            ? bar !== undefined
            : !bar || bar.c !== truth.c || bar.v !== truth.v || bar.vw !== truth.vw
        ) {
          wrong.push(`${symbol} ${new Date(minute * 60_000).toISOString()} ${bar ? 'differs' : 'lost'}`);
        }
      }
    }
    expect(to - from).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
    expect(errors.join('')).not.toContain('restart-secret');
  });
});

/** Resolves with the virtual time at which the daemon had planned, just before its first poll. */
async function firstPoll(daemon: ChildProcess, errors: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    daemon.stderr?.on('data', (data: Buffer) => {
      errors.push(data.toString());
      const line = /\[(\d\d:\d\d:\d\d)\] INFO: plan/.exec(errors.join(''));
      if (line) resolve(Date.parse(`2026-01-14T${line[1]}Z`));
    });
    daemon.on('exit', (code) => reject(new Error(`the daemon ended with ${code}: ${errors.join('')}`)));
  });
}

/** All that a store holds, by symbol and minute; fails on a double. */
async function readAll(path: string, clock: AffineClock): Promise<Map<string, SymbolBar>> {
  const store = await openDuckDbStore({ path, clock });
  const bars = new Map<string, SymbolBar>();
  let after: BarCursor | null = null;
  try {
    do {
      const page: Awaited<ReturnType<typeof store.read>> = await store.read({
        start: 0 as EpochMinute,
        end: 40_000_000 as EpochMinute,
        limit: 10_000,
        ...(after && { after }),
      });
      for (const bar of page.bars) {
        expect(bars.has(`${bar.symbol} ${bar.minute}`)).toBe(false);
        bars.set(`${bar.symbol} ${bar.minute}`, bar);
      }
      after = page.next;
    } while (after);
  } finally {
    await store.close();
  }
  return bars;
}

function sleepReal(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
