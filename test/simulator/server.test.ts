import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import { handClock, keys, noon } from './conversation.ts';

const running: Simulator[] = [];

async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ symbols: 20, quiet: 0, clock: handClock(noon), ...options });
  running.push(simulator);
  return simulator;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

const bars = '/v2/stocks/bars?symbols=AAPL,MSFT&timeframe=1Min&feed=iex&start=2026-01-14T15:00:00Z';
const latest = '/v2/stocks/bars/latest?symbols=AAPL';

describe('the simulator on a port', () => {
  it('answers as the handler does, packed for who asks for it', async () => {
    const { url } = await start();
    const packed = await fetch(url + bars, { headers: { ...keys, 'accept-encoding': 'gzip' } });
    const plain = await fetch(url + bars, { headers: { ...keys, 'accept-encoding': 'identity' } });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await packed.text()).toBe(await plain.text());
    expect(packed.headers.get('date')).toBe(new Date(noon).toUTCString());
  });

  it('logs what came', async () => {
    const { url, log } = await start();
    await (await fetch(url + latest, { headers: keys })).text();
    expect(log.last.map((entry) => entry.url)).toEqual([latest]);
  });

  it('listens on a free port of this machine unless told otherwise', async () => {
    const [one, other] = [await start(), await start()];
    expect(one.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(one.port).not.toBe(other.port);
  });

  it('rejects with the system’s error when the port is taken', async () => {
    const { port } = await start();
    await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('breaks the connection of a reset', async () => {
    const { url } = await start({ faults: { reset: 1 } });
    await expect(fetch(url + latest, { headers: keys })).rejects.toThrow();
  });

  it('leaves a hanging request without an answer, until it closes', async () => {
    const { url, log, close } = await start({ faults: { hang: 1 } });
    let ended = false;
    const asked = fetch(url + latest, { headers: keys }).finally(() => {
      ended = true;
    });
    while (log.total === 0) await new Promise(setImmediate);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(ended).toBe(false);
    await Promise.all([expect(asked).rejects.toThrow(), close()]);
  });

  it('tears bodies in both ways: short in good order, and cut off', async () => {
    const { url } = await start({ faults: { torn: 1 } });
    const ends = new Set<string>();
    for (let attempt = 0; attempt < 40; attempt++) ends.add(await endOf(url + bars));
    expect([...ends].sort()).toEqual(['broken', 'short']);
  });

  it('delays a slow answer by its own clock', async () => {
    const clock = handClock(noon);
    const { url } = await start({ clock, faults: { slow: 1 } });
    await (await fetch(url + latest, { headers: keys })).text();
    expect(clock.time - noon).toBeGreaterThanOrEqual(1_000);
  });

  it('takes a request line as long as it is told', async () => {
    const { url } = await start({ maxUrlBytes: 100_000 });
    const long = `${url}${bars.replace('AAPL', Array.from({ length: 12_000 }, () => 'AAPL').join(','))}`;
    expect((await fetch(long, { headers: keys })).status).toBe(200);
  });
});

/** How a body ended: `whole`, `short` (HTTP calls it complete, but it is no JSON), or `broken`. */
function endOf(url: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(url, { headers: keys, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('error', () => resolve('broken'));
      response.on('end', () =>
        resolve(text.endsWith('}') && text.includes('next_page_token') ? 'whole' : 'short'),
      );
    });
    asked.on('error', () => resolve('broken'));
    asked.end();
  });
}
