import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { everyBar, fastClock, keys, run, start, type Stub, stub } from './program.ts';

const open: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function service(answer?: Parameters<typeof stub>[0]): Promise<Stub> {
  const made = await stub(answer);
  open.push(() => made.close());
  return made;
}

const environment = (url: string) => ({ ...keys, APCA_API_DATA_URL: url, FLEECE_CLOCK: fastClock() });
const briefly = ['--minutes', '1', '--settle-minutes', '0', '--settle', '0'];

function expectNoKeys(...texts: string[]): void {
  for (const text of texts) for (const key of Object.values(keys)) expect(text).not.toContain(key);
}

/** Start a stream that runs until it is stopped; whatever happens, it does not outlive its test. */
function endless(args: readonly string[], env: Readonly<Record<string, string>>) {
  const running = start(['stream', ...args], env);
  open.push(() => void running.child.kill('SIGKILL'));
  return running;
}

describe('fleece stream', () => {
  it('writes bars alone to stdout, the summary to stderr, and the keys nowhere', async () => {
    const { url, requests } = await service();
    const env = { ...environment(url), FLEECE_LOG_LEVEL: 'debug' };
    const { code, stdout, stderr } = await run(['stream', 'AAPL', 'brk.b', ...briefly], env);
    expect(stderr).toMatch(
      /done: 2 symbols \(2 with bars\), 2 bars, 0 revisions, 1 requests, 0 429s, lateness p50 .* p99 /,
    );
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => [line['T'], line['S']])).toEqual([
      ['b', 'AAPL'],
      ['b', 'BRK.B'],
    ]);
    expect(Object.keys(lines[0] ?? {})).toEqual(['T', 'S', 'o', 'h', 'l', 'c', 'v', 't', 'n', 'vw']);
    expect(requests[0]?.searchParams.get('limit')).toBe('10000');
    expect(requests[0]?.search).toContain('symbols=AAPL,BRK.B&');
    expectNoKeys(stdout, stderr);
  });

  it('draws a table when asked to, without a terminal too', async () => {
    const { url } = await service();
    const { code, stdout } = await run(
      ['stream', 'AAPL', '--output', 'pretty', ...briefly],
      environment(url),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 of 1 symbols have a bar/);
    expect(stdout).toMatch(/AAPL/);
    expect(stdout).not.toContain('\u001B[');
  });

  it('ends with 1 and says what to check when the keys are wrong, though the service echoes them', async () => {
    const { url } = await service((_, request) => ({
      status: 401,
      type: 'text/html',
      body: `<html><h1>401 Authorization Required</h1>${String(request.headers['apca-api-secret-key'])} ${String(request.headers['apca-api-key-id'])}</html>`,
    }));
    const { code, stdout, stderr } = await run(['stream', 'AAPL', ...briefly], environment(url));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^fleece: the service does not accept the keys \(HTTP 401\): check APCA_API_KEY_ID/m,
    );
    expect(stderr).not.toMatch(/^\s+at |node_modules/m);
    expectNoKeys(stdout, stderr);
  });

  it('ends with 1 and says what to do when the plan has no recent sip', async () => {
    const { url } = await service(() => ({
      status: 403,
      body: '{"message":"subscription does not permit querying recent SIP data"}',
    }));
    const { code, stderr } = await run(['stream', 'AAPL', '--feed', 'sip', ...briefly], environment(url));
    expect(code).toBe(1);
    expect(stderr).toMatch(/recent SIP data.*--feed iex, or subscribe/);
  });

  it('ends with 1 when every symbol is refused, and streams the others when some are', async () => {
    const { url } = await service((address) => {
      const bad = address.searchParams
        .get('symbols')
        ?.split(',')
        .find((symbol) => symbol.includes('-'));
      return bad === undefined
        ? everyBar(address)
        : { status: 400, body: `{"message":"invalid symbol: ${bad}"}` };
    });
    const all = await run(['stream', 'A-1', 'B-2', ...briefly], environment(url));
    expect(all.code).toBe(1);
    expect(all.stderr).toMatch(/all 2 symbols were refused/);
    const some = await run(['stream', 'A-1', 'AAPL', ...briefly], environment(url));
    expect(some.code).toBe(0);
    expect(some.stderr).toMatch(/A-1 is set aside until .*invalid symbol: A-1/);
    expect(some.stdout.trimEnd().split('\n').length).toBe(1);
  });

  it('goes on through failures of the service', async () => {
    let asked = 0;
    const { url } = await service((address) => {
      asked += 1;
      if (asked === 1) return { status: 500, body: '<html><h1>Bad</h1></html>', type: 'text/html' };
      if (asked === 2) return { status: 429, body: '{"message": "too many requests."}' };
      if (asked === 3) return { status: 200, body: '{"bars":{"AAPL":[{"c":1,' };
      return everyBar(address);
    });
    const { code, stdout, stderr } = await run(['stream', 'AAPL', ...briefly], environment(url));
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').length).toBe(1);
    expect(stderr).toMatch(/1 429s/);
  });

  it('stops at SIGINT and at SIGTERM, with its summary and 0', async () => {
    const { url } = await service();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const running = endless(['AAPL'], environment(url));
      await running.until('stdout', /"S":"AAPL"/);
      running.child.kill(signal);
      const { code, stderr } = await running.done;
      expect(stderr).toMatch(/done: 1 symbols/);
      expect(code).toBe(0);
    }
  });

  it('stops without a complaint when nobody reads its output any more', async () => {
    const { url } = await service();
    const running = endless(['AAPL', 'MSFT'], environment(url));
    await running.until('stdout', /"S":"MSFT"/);
    running.child.stdout?.destroy();
    const { code, stderr } = await running.done;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|unexpected/);
  });

  it('reads its config file again at SIGHUP, and goes on as before when that is wrong', async () => {
    const { url, requests } = await service();
    const folder = mkdtempSync(join(tmpdir(), 'fleece-reload-'));
    open.push(() => rmSync(folder, { recursive: true, force: true }));
    const config = join(folder, 'fleece.yaml');
    writeFileSync(config, 'mode: hybrid\n');
    const running = endless(['A', 'B', 'C', '--config', config], environment(url));
    await running.until('stdout', /"S":"C"/);
    expect(requests.at(-1)?.searchParams.get('symbols')).toBe('A,B,C');
    writeFileSync(config, 'mode: [broken\n');
    running.child.kill('SIGHUP');
    await running.until('stderr', /the reload was refused, polling goes on as before: .*fleece\.yaml/);
    writeFileSync(config, 'use-batch-polling: false\n');
    running.child.kill('SIGHUP');
    await running.until('stderr', /polling in a new shape.*"batchSize":1/);
    const before = requests.length;
    const minutes = running.until('stdout', /(?:"S":"C"[^]*){3}/);
    await minutes;
    expect(requests.slice(before + 1).every((one) => one.searchParams.get('symbols')?.length === 1)).toBe(
      true,
    );
    running.child.kill('SIGINT');
    expect((await running.done).code).toBe(0);
  });
});
