import { spawnSync } from 'node:child_process';
import { symbolList } from '../../src/simulator/index.ts';
import { profileFlags } from './fleece.ts';
import type { ClockText } from './virtual-clock.ts';
import { Worker } from './worker.ts';

export interface PeerTask {
  readonly url: string;
  readonly clock: ClockText;
  readonly symbols: number;
  readonly minutes: number;
}

/** Where a peer stood after some cycles. */
export interface PeerMark {
  /** On the run's clock. */
  readonly at: number;
  /** Bars of the wanted minutes, each counted once. */
  readonly bars: number;
  /** CPU since the first cycle began, in milliseconds. */
  readonly cpuMs: number;
  /** Real milliseconds in which it polled. */
  readonly wallMs: number;
  readonly peakMb: number;
}

export interface PeerReport {
  /** The first wanted minute. */
  readonly first: number;
  readonly startCpuMs: number;
  readonly cycle: PeerMark;
  readonly whole: PeerMark;
}

export interface Peer {
  readonly name: string;
  readonly kind: 'fleece' | 'floor' | 'sdk' | 'report';
  readonly run: (task: PeerTask) => Promise<PeerReport>;
}

const python = process.env['PYTHON'] ?? 'python3';

/** Everybody who polls here. alpaca-py only where `PYTHON` (or python3) has it. */
export function peers(profile: string | undefined): readonly Peer[] {
  const hasPython = spawnSync(python, ['-c', 'import alpaca']).status === 0;
  if (!hasPython)
    console.error('alpaca-py is left out: set PYTHON to one that has it (pip install alpaca-py)');
  const mode = (name: string) => script('report', `report, ${name}`, 'report.mjs', { mode: name });
  return [
    { name: 'Fleece', kind: 'fleece', run: (task) => fleece(task, profile) },
    script('floor', 'http, JSON.parse', 'floor.mjs'),
    script('sdk', 'npm 4.x', 'npm-4.mjs'),
    script('sdk', 'npm 3.x', 'npm-3.mjs'),
    ...(hasPython ? [script('sdk', 'alpaca-py', 'alpaca_py.py', {}, python)] : []),
    ...['sequential', 'concurrent', 'batch', 'hybrid'].map(mode),
  ];
}

function fleece(task: PeerTask, profile: string | undefined): Promise<PeerReport> {
  const nodeFlags = profileFlags(profile, `peer-${task.symbols}`);
  return reportOf(new Worker(new URL('../children/cycles.js', import.meta.url), { nodeFlags }), task);
}

function script(kind: Peer['kind'], name: string, file: string, more: object = {}, program?: string): Peer {
  return {
    name,
    kind,
    run: ({ symbols, ...task }) =>
      reportOf(new Worker(new URL(`../../../peers/${file}`, import.meta.url), program ? { program } : {}), {
        ...task,
        ...more,
        symbols: symbolList(symbols),
        // As Fleece does: the same moment after the minute, and the same window.
        settleMs: 1_500,
        lookback: 5,
      }),
  };
}

async function reportOf(worker: Worker, task: object): Promise<PeerReport> {
  try {
    return await worker.ask<PeerReport>({ ...task });
  } finally {
    await worker.ended();
  }
}
