import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { FleeceError } from '../errors.ts';
import type { StreamBar } from '../market/bar.ts';
import { matrixRow } from '../plan/matrix.ts';
import { type Market, startSimulator } from '../simulator/index.ts';
import { AffineClock, systemClock } from '../time/affine-clock.ts';
import { minuteOf, msPerMinute } from '../time/minute.ts';
import type { ChildReport, ChildTask, LoadRow } from './loadtest-report.ts';

export interface RowOptions {
  readonly symbols: number;
  readonly batchSize: number;
  readonly minutes: number;
  /** How many times faster than real time the run's clock goes. */
  readonly speed: number;
  readonly rpm: number;
}

/** Share of quiet minutes and of revised bars of the simulated market. */
const market = { quiet: 0.2, revised: 0.02 };
const settleMinutes = 2;
/** A moment in a session, some seconds into its minute. */
const virtualStart = Date.parse('2026-01-14T15:00:15Z');

/** Stream a simulated universe in a process of its own and account for every bar of it. */
export async function runRow({ symbols, batchSize, minutes, speed, rpm }: RowOptions): Promise<LoadRow> {
  const realStart = systemClock.now();
  const clock = new AffineClock(realStart, virtualStart, speed);
  const simulator = await startSimulator({ clock, port: 0, symbols, ...market });
  try {
    const task: ChildTask = {
      symbols: simulator.market.symbols,
      batchSize,
      concurrency: matrixRow(symbols).concurrency,
      minutes,
      settleMinutes,
      rpm,
    };
    const env = {
      ...process.env,
      FLEECE_CLOCK: `${new Date(realStart).toISOString()}/${new Date(virtualStart).toISOString()}/${speed}`,
      APCA_API_DATA_URL: simulator.url,
      APCA_API_BASE_URL: simulator.url,
      APCA_API_KEY_ID: 'loadtest',
      APCA_API_SECRET_KEY: 'loadtest',
    };
    const { report, bars, firstMinute } = await runChild(task, env, clock);
    return {
      symbols,
      batchSize,
      ...report,
      ...account(bars, simulator.market, task, firstMinute, clock.now()),
    };
  } finally {
    await simulator.close();
  }
}

interface ChildRun {
  readonly report: ChildReport;
  readonly bars: readonly StreamBar[];
  readonly firstMinute: number;
}

async function runChild(task: ChildTask, env: NodeJS.ProcessEnv, clock: AffineClock): Promise<ChildRun> {
  const path = new URL('./loadtest-child.js', import.meta.url);
  // The list of all symbols is far below the limit of an argument.
  const child = fork(path, [JSON.stringify(task)], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const bars: StreamBar[] = [];
  let report: ChildReport | undefined;
  child.on('message', (message) => {
    report = message as ChildReport;
  });
  const exited = once(child, 'exit');
  if (child.stdout)
    for await (const line of createInterface({ input: child.stdout }))
      bars.push(JSON.parse(line) as StreamBar);
  const [code] = await exited;
  if (!report)
    throw new FleeceError(
      'bad_response',
      `the process of ${task.symbols.length} symbols ended with ${String(code)}`,
    );
  const earliest = bars.reduce((least, bar) => Math.min(least, Date.parse(bar.t)), clock.now());
  return { report, bars, firstMinute: minuteOf(earliest) };
}

function account(
  bars: readonly StreamBar[],
  market: Market,
  { symbols, minutes }: ChildTask,
  firstMinute: number,
  now: number,
): Pick<LoadRow, 'bars' | 'lost' | 'doubled' | 'wrong'> {
  const delivered = new Map<string, StreamBar>();
  let doubled = 0;
  for (const bar of bars) {
    const key = `${bar.S} ${Date.parse(bar.t) / msPerMinute}`;
    if (bar.T === 'b' && delivered.has(key)) doubled += 1;
    delivered.set(key, bar);
  }
  let lost = 0;
  let wrong = 0;
  for (const symbol of symbols) {
    for (let minute = firstMinute; minute < firstMinute + minutes; minute++) {
      const truth = market.at(symbol, minute, now);
      const bar = delivered.get(`${symbol} ${minute}`);
      if (truth && !bar) lost += 1;
      else if (bar && (!truth || truth.c !== bar.c || truth.v !== bar.v || truth.vw !== bar.vw)) wrong += 1;
    }
  }
  return { bars: delivered.size, lost, doubled, wrong };
}
