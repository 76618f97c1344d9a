import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { processEnvironment } from '../app/config/environment.ts';
import { codeOf, FleeceError, messageOf } from '../errors.ts';
import {
  type FaultKind,
  type FaultRates,
  faultKinds,
  type KeyPair,
  maxSymbols,
  parseBarsFile,
  parseSymbolsFile,
  type Plan,
  type RecordedBar,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  type TradingHours,
} from '../simulator/index.ts';
import { systemClock } from '../time/affine-clock.ts';
import { clockOf } from './clock.ts';

interface SimulateFlags {
  readonly port: number;
  readonly host: string;
  readonly symbols?: number | readonly string[];
  readonly seed: number;
  readonly bars?: { readonly file: string; readonly rows: readonly RecordedBar[] };
  readonly quiet?: number;
  readonly revised?: number;
  readonly late?: number;
  readonly lateMinutes?: number;
  readonly delayMs?: readonly [number, number];
  readonly hours?: TradingHours;
  readonly plan: Plan;
  readonly rateLimit?: number | 'off';
  readonly shortPages?: number;
  readonly fault?: FaultRates;
  readonly key?: readonly KeyPair[];
}

/** `fleece simulate`: the local Alpaca, until SIGINT or SIGTERM. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('run a local Alpaca: a made-up or recorded market behind the REST endpoints, without a key')
    .option('--port <n>', 'port to listen on; 0 takes any free one', whole(0, 65_535), 8_767)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--symbols <count|file>',
      'how many symbols, or a file of them (default: 500, or those of --bars)',
      symbols,
    )
    .option('--seed <n>', 'the same seed gives the same market', whole(0, 2 ** 31 - 1), 1)
    .option('--bars <file>', 'replay recorded bars: CSV symbol,t,o,h,l,c[,v[,n[,vw]]], plain or .gz', bars)
    .option(
      '--quiet <share>',
      'minutes without a trade, the same for every symbol (default: from few to most)',
      share,
    )
    .option('--revised <share>', 'bars that change about 30 s after their close (default: 0.00064)', share)
    .option('--late <share>', 'bars that become visible late (default: 0)', share)
    .option('--late-minutes <n>', 'the latest that a late bar becomes visible (default: 2)', minutes)
    .option('--delay-ms <min-max>', 'when a bar becomes visible after its close (default: 100-3000)', delay)
    .addOption(
      new Option('--hours <hours>', 'when stocks trade')
        .choices(['always', 'extended', 'regular'])
        .default('always'),
    )
    .addOption(new Option('--plan <plan>', "the key's plan").choices(['basic', 'unlimited']).default('basic'))
    .option(
      '--rate-limit <n|off>',
      'requests a minute (default: 200; 10000 with --plan unlimited)',
      rateLimit,
    )
    .option('--short-pages <share>', 'pages that end before their limit, with a token (default: 0)', share)
    .option('--fault <kind:share>', `spoil answers; kinds: ${faultKinds.join(', ')}; repeatable`, fault)
    .option('--key <id:secret>', 'let in only this key; repeatable (default: any)', key)
    .action(async (flags: SimulateFlags) => {
      await simulate(flags);
    });
}

async function simulate(flags: SimulateFlags): Promise<void> {
  const env = processEnvironment();
  const clock = clockOf(env);
  const clockText = env['FLEECE_CLOCK'];
  const { bars: recording, fault: faults, key: keys, ...same } = flags;
  const options: SimulatorOptions = {
    ...same,
    clock,
    ...(recording ? { bars: recording.rows } : {}),
    ...(faults ? { faults } : {}),
    ...(keys ? { keys } : {}),
  };
  const stop = new AbortController();
  const onSignal = () => {
    stop.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const simulator = await start(options, flags);
    process.stderr.write(greeting(simulator, flags, clock.now(), clockText));
    await aborted(stop.signal);
    await simulator.close();
    process.stderr.write(`stopped after ${simulator.log.total} requests\n`);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

async function start(options: SimulatorOptions, { host, port }: SimulateFlags): Promise<Simulator> {
  try {
    return await startSimulator(options);
  } catch (error) {
    if (error instanceof RangeError) throw new FleeceError('usage', error.message, { cause: error });
    const code = codeOf(error);
    const why =
      code === 'EADDRINUSE'
        ? 'another program listens there; take another --port, or 0 for any free one'
        : code === 'EACCES'
          ? 'this user may not listen there; take a --port above 1023'
          : messageOf(error);
    throw new FleeceError('usage', `cannot listen on ${host}:${port}: ${why}`, { cause: error });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function greeting(
  simulator: Simulator,
  flags: SimulateFlags,
  now: number,
  clockText: string | undefined,
): string {
  const { market, url } = simulator;
  const [id, secret] = flags.key ? ['<id>', '<secret>'] : ['sim', 'sim'];
  const lines = [
    `Local Alpaca at ${url} (simulated: no bar of it is real market data)`,
    `  ${market.symbols.length} symbols and ${market.pairs.length} crypto pairs, ${tradingOf(flags)}, plan ${flags.plan}`,
    `  its clock shows ${new Date(now).toISOString()}${clockText ? ' (FLEECE_CLOCK)' : ''}`,
    ...(flags.bars ? recordingLines(flags.bars, clockText) : []),
    'Point Fleece at it:',
    `  APCA_API_DATA_URL=${url} APCA_API_BASE_URL=${url} APCA_API_KEY_ID=${id} APCA_API_SECRET_KEY=${secret} fleece stream AAPL MSFT NVDA`,
    'Stop it with Ctrl-C.',
  ];
  return `${lines.join('\n')}\n`;
}

function tradingOf({ bars: recording, hours, seed }: SimulateFlags): string {
  if (recording) return `${recording.rows.length} recorded bars`;
  return `seed ${seed}, trading ${hours === 'always' ? 'around the clock' : `in ${hours} hours`}`;
}

function recordingLines(
  { file, rows }: NonNullable<SimulateFlags['bars']>,
  clockText: string | undefined,
): string[] {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const { minute } of rows) {
    first = Math.min(first, minute);
    last = Math.max(last, minute);
  }
  const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const madeUp = (['v', 'n', 'vw'] as const).filter((field) => rows.some((row) => row[field] === undefined));
  return [
    `  ${file}: ${iso(first * 60_000)} to ${iso(last * 60_000)}`,
    ...(madeUp.length > 0 ? [`  made up, as the file lacks them: ${madeUp.join(', ')}`] : []),
    ...(clockText
      ? []
      : [
          '  The file lies in another time. To see it live, give the same clock to the simulator and to Fleece:',
          `  FLEECE_CLOCK=${iso(systemClock.now())}/${iso(first * 60_000)}/1 (the last number is the speed)`,
        ]),
  ];
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

function share(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value > 1) {
    throw new InvalidArgumentError('It has to be a share from 0 to 1, such as 0.05.');
  }
  return value;
}

function minutes(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value <= 0 || value > 1_440) {
    throw new InvalidArgumentError('It has to be a number of minutes above 0, at most 1440.');
  }
  return value;
}

function delay(text: string): readonly [number, number] {
  const [, shortest, longest] = /^(\d{1,7})-(\d{1,7})$/.exec(text) ?? [];
  if (shortest === undefined || longest === undefined || Number(shortest) > Number(longest)) {
    throw new InvalidArgumentError(
      'It has to be two times in milliseconds, the shorter first, such as 100-3000.',
    );
  }
  return [Number(shortest), Number(longest)];
}

function rateLimit(text: string): number | 'off' {
  return text === 'off' ? 'off' : whole(1, 1_000_000)(text);
}

function symbols(text: string): number | readonly string[] {
  if (/^\d+$/.test(text)) return whole(1, maxSymbols)(text);
  return fromFile(text, parseSymbolsFile);
}

function bars(text: string): NonNullable<SimulateFlags['bars']> {
  return { file: text, rows: fromFile(text, parseBarsFile) };
}

function fromFile<T>(path: string, parse: (bytes: Uint8Array, name: string) => T): T {
  try {
    return parse(readFileSync(path), path);
  } catch (error) {
    const code = codeOf(error);
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : undefined;
    throw new InvalidArgumentError(why ?? messageOf(error));
  }
}

function fault(text: string, before: FaultRates = {}): FaultRates {
  const [kind, rate, ...rest] = text.split(':');
  const known = faultKinds.find((name) => name === kind);
  if (known === undefined || rate === undefined || rest.length > 0) {
    throw new InvalidArgumentError(
      `It has to be KIND:SHARE, KIND one of ${faultKinds.join(', ')}; such as 429:0.02.`,
    );
  }
  const added: Partial<Record<FaultKind, number>> = { [known]: share(rate) };
  return { ...before, ...added };
}

function key(text: string, before: readonly KeyPair[] = []): readonly KeyPair[] {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1) throw new InvalidArgumentError('It has to be ID:SECRET.');
  return [...before, { id: text.slice(0, colon), secret: text.slice(colon + 1) }];
}
