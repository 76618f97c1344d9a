import { createMarket, type MarketOptions } from '../../src/simulator/index.ts';
import { type Peer, type PeerMark, peers } from '../rig/peers.ts';
import { RigSimulator, type SeenRequest } from '../rig/simulator.ts';
import {
  type BenchOptions,
  type BenchTable,
  count,
  mb,
  ms,
  percent,
  type Section,
  times,
} from '../rig/table.ts';
import { sessionClock } from '../rig/virtual-clock.ts';

/** Fleece beside what a program would use otherwise. */
export const peersTable: BenchTable = {
  name: 'peers',
  describe: 'the report as it writes it, the npm SDKs, alpaca-py: bars, requests, 429s, CPU, memory',
  run: runPeers,
};

interface Size {
  readonly symbols: number;
  readonly speed: number;
}

interface Found {
  readonly peer: Peer;
  readonly symbols: number;
  readonly cycles: number;
  readonly mark: PeerMark;
  readonly there: number;
  readonly requests: number;
  readonly refused: number;
}

async function runPeers({ quick, profile }: BenchOptions): Promise<Section> {
  const minutes = quick ? 2 : 10;
  const sizes: readonly Size[] = quick
    ? [
        { symbols: 31, speed: 60 },
        { symbols: 500, speed: 20 },
      ]
    : [
        { symbols: 31, speed: 60 },
        { symbols: 500, speed: 60 },
        { symbols: 11_635, speed: 15 },
      ];
  const found: Found[] = [];
  for (const size of sizes)
    for (const peer of peers(profile)) {
      console.error(`${peer.name}, ${size.symbols} symbols`);
      found.push(...(await measure(peer, size, minutes)));
    }
  return {
    title: 'Beside what there is',
    about:
      `Each polls one and ${minutes} minutes, 1.5 s after they close, from a simulated service that has each bar by then (a fifth of the minutes is without a trade; 200 requests a minute are let through), ` +
      'one after another, each in a process of its own, on a clock 15 (11,635 symbols) or 60 times faster than real. Fleece, the SDKs, alpaca-py, and `node:http` with gunzip and `JSON.parse` and nothing else, ask for the last 6 minutes, with the largest pages and all of them, ' +
      '(all for 100 symbols a call; Fleece for as many as its plan says, and once more for symbols without a bar). The report asks with `limit=2`, in its four ways. ' +
      'CPU and wall time are those of polling, without the start of the process; wall time is real. What is not there a minute after the last close counts as missing.',
    head: [
      '',
      'symbols',
      'minutes',
      'bars',
      'of those there',
      'requests',
      '429s',
      'wall',
      'CPU',
      'peak memory',
    ],
    rows: found.map(({ peer, symbols, cycles, mark, there, requests, refused }) => [
      peer.name,
      count(symbols),
      String(cycles),
      count(mark.bars),
      percent(mark.bars, there),
      count(requests),
      count(refused),
      ms(mark.wallMs),
      ms(mark.cpuMs),
      mb(mark.peakMb),
    ]),
    verdicts: verdictsOf(found),
  };
}

function verdictsOf(found: readonly Found[]): Section['verdicts'] {
  const own = found.filter(({ peer }) => peer.kind === 'fleece');
  const complete = own.every(({ mark, there, refused }) => mark.bars === there && refused === 0);
  return [
    {
      target: 'Fleece is complete and is never refused',
      found: own.map(({ mark, there }) => percent(mark.bars, there)).join(', '),
      holds: complete,
    },
    ...own.map((fleece) => {
      const same = found.filter(
        ({ symbols, cycles }) => symbols === fleece.symbols && cycles === fleece.cycles,
      );
      const others = same.filter(({ peer }) => peer.kind === 'sdk');
      const floor = same.find(({ peer }) => peer.kind === 'floor')?.mark.cpuMs ?? Number.NaN;
      const ratios = others.map(({ mark }) => mark.cpuMs / fleece.mark.cpuMs);
      const memory = others.map(({ mark }) => mark.peakMb / fleece.mark.peakMb);
      const named = others.map(
        ({ peer, mark }, at) =>
          `${peer.name} ${times(ratios[at] ?? 0)} CPU (${times(mark.cpuMs / floor)} of the floor), ${times(memory[at] ?? 0)} memory`,
      );
      return {
        target: `${count(fleece.symbols)} symbols, ${fleece.cycles} minutes: 5 times less CPU than either SDK, and less memory`,
        found: named.join('; '),
        holds: ratios.every((ratio) => ratio >= 5) && memory.every((ratio) => ratio > 1),
      };
    }),
  ];
}

async function measure(peer: Peer, { symbols, speed }: Size, minutes: number): Promise<Found[]> {
  // What the service lets through, not the work, is what holds the report's ways up.
  const clock = sessionClock(peer.kind === 'report' ? 60 : speed);
  const market: MarketOptions = { symbols, quiet: 0.2, delayMs: [100, 1_000], revised: 0 };
  const simulator = await RigSimulator.start({ clock, market, rateLimit: 200, roundTripMs: 0 });
  try {
    const report = await peer.run({ url: simulator.url, clock, symbols, minutes });
    const requests = await simulator.requests();
    const entry = (mark: PeerMark, cycles: number): Found => ({
      peer,
      symbols,
      cycles,
      mark,
      there: barsThere(market, report.first, cycles),
      ...countedUntil(requests, mark.at),
    });
    return [entry(report.cycle, 1), entry(report.whole, minutes)];
  } finally {
    await simulator.stop();
  }
}

function countedUntil(requests: readonly SeenRequest[], at: number): { requests: number; refused: number } {
  const seen = requests.filter((request) => request.at <= at);
  return { requests: seen.length, refused: seen.filter(({ status }) => status === 429).length };
}

function barsThere(options: MarketOptions, first: number, minutes: number): number {
  const market = createMarket(options);
  return market.visible(market.symbols, first, first + minutes - 1, Number.POSITIVE_INFINITY).length;
}
