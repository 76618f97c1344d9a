import { batchesOf, type FanoutReport, type FanoutTask, frameBytes } from '../rig/fanout.ts';
import { profileFlags } from '../rig/fleece.ts';
import { framesOf } from '../rig/frames.ts';
import { type Listeners, listeners } from '../rig/listeners.ts';
import { type BenchOptions, type BenchTable, count, median, ms, type Section, times } from '../rig/table.ts';
import { Worker } from '../rig/worker.ts';

/** One minute of the market to many clients, against `ws` alone. */
export const fanoutTable: BenchTable = {
  name: 'fanout',
  describe: '11,635 bars to 1,000 clients of *, against a bare ws broadcast of the same frames',
  run: runFanout,
};

interface Server {
  readonly worker: Worker;
  readonly audience: Listeners;
}

interface Found {
  readonly cpuMs: number;
  readonly wallMs: number;
}

async function runFanout({ quick, profile }: BenchOptions): Promise<Section> {
  const symbols = quick ? 500 : 11_635;
  const clients = quick ? 50 : 1_000;
  const rounds = quick ? 2 : 5;
  const flags = ['--expose-gc', ...profileFlags(profile, 'fanout')];
  const gateway = await start({ server: 'gateway', symbols }, '/v2/iex', clients, flags);
  const bare = await start({ server: 'bare', symbols }, '/', clients, ['--expose-gc']);
  const shapes = [
    { name: 'as answers bring them, 100 bars each', batchSize: 100 },
    { name: 'all at once', batchSize: symbols },
  ];
  const rows: string[][] = [];
  const verdicts: Section['verdicts'][number][] = [];
  let round = 0;
  for (const { name, batchSize } of shapes) {
    const pairs: { readonly own: Found; readonly floor: Found }[] = [];
    // The first pair is thrown away: code and buffers are cold.
    for (let at = 0; at <= rounds; at++) {
      round += 1;
      const bytes = bytesOf(symbols, { round, batchSize }) * clients;
      const own = await measure(gateway, { round, batchSize }, bytes);
      const floor = await measure(bare, { round, batchSize }, bytes);
      if (at > 0) pairs.push({ own, floor });
    }
    const cpu = median(pairs.map(({ own, floor }) => own.cpuMs / floor.cpuMs));
    const wall = median(pairs.map(({ own, floor }) => own.wallMs / floor.wallMs));
    const mid = (pick: (pair: (typeof pairs)[number]) => number) => ms(median(pairs.map(pick)));
    rows.push([
      name,
      count(Math.ceil(symbols / batchSize)),
      mid(({ own }) => own.cpuMs),
      mid(({ floor }) => floor.cpuMs),
      times(cpu),
      mid(({ own }) => own.wallMs),
      mid(({ floor }) => floor.wallMs),
      times(wall),
    ]);
    verdicts.push({
      target: `${name}: at most 1.5x of ws`,
      found: `CPU ${times(cpu)}, until the last byte ${times(wall)}`,
      holds: cpu <= 1.5 && wall <= 1.5,
    });
  }
  for (const { worker, audience } of [gateway, bare]) {
    await audience.stop();
    await worker.ended();
  }
  return {
    title: 'Fan-out',
    about:
      `${count(symbols)} bars of a minute to ${count(clients)} clients that want every bar, as JSON. Fleece's gateway takes the bars from the bus, encodes each once, and sends; ` +
      'beside it a `ws` server sends frames of the same bytes that were encoded before. Clients are raw sockets in another process that only count bytes. ' +
      `Medians of ${rounds} alternating rounds after one to warm up; wall time is until the last client has the last byte.`,
    head: ['batches', 'how many', 'CPU', 'ws alone', 'ratio', 'wall', 'ws alone', 'ratio'],
    rows,
    verdicts,
  };
}

function bytesOf(symbols: number, round: { round: number; batchSize: number }): number {
  return batchesOf(symbols, round)
    .flatMap(framesOf)
    .reduce((sum, frame) => sum + frameBytes(frame.length), 0);
}

async function start(
  task: FanoutTask,
  path: string,
  clients: number,
  nodeFlags: readonly string[],
): Promise<Server> {
  const worker = new Worker(new URL('../children/fanout.js', import.meta.url), { nodeFlags });
  const { port } = await worker.ask<{ port: number }>({ ...task });
  return { worker, audience: await listeners({ port, path, clients }) };
}

async function measure(
  { worker, audience }: Server,
  round: { round: number; batchSize: number },
  bytes: number,
): Promise<Found> {
  await worker.ask({ ...round });
  await audience.expect(bytes);
  const began = Date.now();
  worker.tell({ go: true });
  const done = await audience.done();
  const { cpuMs } = await worker.ask<FanoutReport>({ done: true });
  return { cpuMs, wallMs: done - began };
}
