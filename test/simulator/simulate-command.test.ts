import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { simulateCommand } from '../../src/cli/simulate.ts';
import { keys } from './conversation.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-simulate-'));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function listen() {
  let text = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((part) => {
    text += String(part);
    return true;
  });
  return () => text;
}

function run(...flags: string[]): Promise<unknown> {
  const command = simulateCommand().exitOverride();
  return command.parseAsync(['--port', '0', ...flags], { from: 'user' });
}

/** Run the command, hand its URL and greeting to `use`, then stop it as Ctrl-C would. */
async function during(flags: string[], use: (url: string, said: string) => Promise<void>): Promise<string> {
  const said = listen();
  const done = run(...flags);
  await vi.waitFor(() => expect(said()).toContain('Ctrl-C'), { timeout: 60_000, interval: 5 });
  try {
    await use(/http:\/\/[\d.:]+/.exec(said())?.[0] ?? '', said());
  } finally {
    process.emit('SIGINT');
    await done;
  }
  return said();
}

describe('fleece simulate', () => {
  it('says where it is and how to point Fleece at it, answers, and stops', async () => {
    const said = await during(['--symbols', '7', '--seed', '3'], async (url, greeting) => {
      expect(greeting).toContain(`APCA_API_DATA_URL=${url} APCA_API_BASE_URL=${url}`);
      expect(greeting).toContain('7 symbols');
      const answer = await fetch(`${url}/v2/stocks/bars/latest?symbols=AAPL`, { headers: keys });
      expect(answer.status).toBe(200);
      await answer.text();
    });
    expect(said).toContain('stopped after 1 requests');
  });

  it('shows the time of FLEECE_CLOCK', async () => {
    vi.stubEnv('FLEECE_CLOCK', '2026-01-01T00:00:00Z/2031-05-05T12:00:00Z/0.000001');
    await during([], async (url, greeting) => {
      expect(greeting).toContain('2031-05-05T12:0');
      const answer = await fetch(`${url}/v2/clock`, { headers: keys });
      expect(await answer.text()).toContain('2031-05-05T08:0');
    });
  });

  it('says for a recording which clock would show it, and what of it is made up', async () => {
    const bars = file('day.csv', 'symbol,t,o,h,l,c\nABC,2024-03-04T14:30:00Z,1,2,1,2\n');
    await during(['--bars', bars], async (url, greeting) => {
      expect(greeting).toContain('/2024-03-04T14:30:00Z/1');
      expect(greeting).toContain('made up, as the file lacks them: v, n, vw');
      const answer = await fetch(`${url}/v2/stocks/ABC/bars?timeframe=1Min&feed=iex&start=2024-03-04`, {
        headers: keys,
      });
      expect(await answer.json()).toMatchObject({ bars: [{ t: '2024-03-04T14:30:00Z', o: 1, c: 2 }] });
    });
  });

  it('lets in only the keys that it is given, and does not print the secret', async () => {
    await during(['--key', 'PKME:hush'], async (url, greeting) => {
      expect(greeting).not.toContain('hush');
      const status = async (secret: string) =>
        (
          await fetch(`${url}/v2/clock`, {
            headers: { 'apca-api-key-id': 'PKME', 'apca-api-secret-key': secret },
          })
        ).status;
      expect([await status('hush'), await status('loud')]).toEqual([200, 401]);
    });
  });

  it.each([
    ['--port', 'x'],
    ['--port', '65536'],
    ['--symbols', '0'],
    ['--symbols', '/no/such/file'],
    ['--seed', '-1'],
    ['--bars', '/no/such/file'],
    ['--bars', tmpdir()],
    ['--quiet', '1.5'],
    ['--revised', 'half'],
    ['--late', ''],
    ['--late-minutes', '0'],
    ['--delay-ms', '300-100'],
    ['--hours', 'never'],
    ['--plan', 'gold'],
    ['--rate-limit', '0'],
    ['--short-pages', '2'],
    ['--fault', 'fire:0.1'],
    ['--fault', '429'],
    ['--key', 'nosecret'],
  ])('refuses %s %j in words', async (flag, value) => {
    const said = listen();
    await expect(run(flag, value)).rejects.toMatchObject({ exitCode: 1 });
    expect(said()).toContain(flag);
  });

  it('refuses faults that hit more than every request', async () => {
    await expect(run('--fault', '429:0.6', '--fault', '500:0.6')).rejects.toMatchObject({ code: 'usage' });
  });

  it('says that a port is taken', async () => {
    await during([], async (url) => {
      const port = new URL(url).port;
      await expect(run('--port', port)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('another program') as string,
      });
    });
  });

  it('leaves no listener for signals behind', async () => {
    const before = process.listenerCount('SIGINT');
    await during([], () => Promise.resolve());
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
