import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = `${root}bin/fleece.js`;

if (!existsSync(`${root}dist/cli/main.js`)) {
  throw new Error('these tests run the built program: run `npm run build` first');
}

export const keys = { APCA_API_KEY_ID: 'PKCOMMANDLINE77', APCA_API_SECRET_KEY: 'cOmMaNdLiNeSeCrEt99' };

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Outcome>;
  /** Resolves once the output so far matches; rejects when the program ends without. */
  until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void>;
}

/** Start the program in a clean environment: nothing of ours reaches it. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      child.emit('output');
    });
  }
  const done = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
  const until = (stream: 'stdout' | 'stderr', pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(output[stream]) && resolve();
      child.on('output', look);
      void done.then(({ stderr }) => reject(new Error(`it ended without ${pattern.source}: ${stderr}`)));
      look();
    });
  return { child, done, until };
}

export function run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome> {
  return start(args, env).done;
}

/** A clock that starts 10 virtual seconds before the end of a minute of trading and runs 60 times as fast. */
export function fastClock(): string {
  return `${new Date().toISOString()}/2026-01-14T15:00:50Z/60`;
}

export interface Stub {
  readonly url: string;
  readonly requests: readonly URL[];
  close(): Promise<void>;
}

type Answer = (url: URL, request: IncomingMessage) => { status: number; body: string; type?: string };

/** A service on a free port of this machine that has a bar of every symbol in every minute. */
export async function stub(answer: Answer = everyBar): Promise<Stub> {
  const requests: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    requests.push(url);
    const { status, body, type = 'application/json' } = answer(url, request);
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function everyBar(url: URL): { status: number; body: string } {
  const [from, to] = ['start', 'end'].map((name) => Date.parse(url.searchParams.get(name) ?? '') / 60_000);
  const bars: Record<string, unknown[]> = {};
  for (const symbol of url.searchParams.get('symbols')?.split(',') ?? []) {
    bars[symbol] = [];
    for (let minute = from ?? 0; minute <= (to ?? 0); minute++) {
      const t = `${new Date(minute * 60_000).toISOString().slice(0, 19)}Z`;
      bars[symbol].push({ c: 2, h: 3, l: 1, n: 4, o: 1.5, t, v: 100, vw: 1.75 });
    }
  }
  return { status: 200, body: JSON.stringify({ bars, next_page_token: null }) };
}
