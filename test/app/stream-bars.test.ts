import { describe, expect, it } from 'vitest';
import type { HttpTransport } from '../../src/alpaca/transport.ts';
import type { StreamEvent } from '../../src/app/bar-stream.ts';
import { streamBars, type StreamBarsOptions } from '../../src/app/stream-bars.ts';
import type { Bar } from '../../src/market/bar.ts';
import { minuteOf } from '../../src/time/minute.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';
import { tickerNamed } from '../ingest/tickers.ts';

const start = Date.parse('2026-01-14T15:00:20Z');
const first = minuteOf(start);

interface Tried {
  readonly symbols: readonly string[];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A service with a bar of every symbol in every minute; the close is revised a minute after its first showing. */
function setUp(
  options: Partial<StreamBarsOptions> = {},
  answer?: (tried: Tried) => { status: number; body: string } | undefined,
) {
  const clock = new SteppedClock(start);
  const tried: Tried[] = [];
  let closed = 0;
  const transport: HttpTransport = {
    get: async (address, headers, signal) => {
      const url = new URL(address);
      const symbols = url.searchParams.get('symbols')?.split(',') ?? [];
      const one = { symbols, path: url.pathname, headers };
      tried.push(one);
      await clock.sleep(100, signal);
      const other = answer?.(one);
      if (other) return { headers: {}, ...other };
      const from = Date.parse(url.searchParams.get('start') ?? '') / 60_000;
      const to = Date.parse(url.searchParams.get('end') ?? '') / 60_000;
      const minutes = Array.from({ length: to - from + 1 }, (_, at) => from + at);
      const bars = Object.fromEntries(
        symbols.map((symbol) => [symbol, minutes.map((minute) => barOf(minute, clock.now()))]),
      );
      return { status: 200, headers: {}, body: JSON.stringify({ bars, next_page_token: null }) };
    },
    close: () => {
      closed += 1;
      return Promise.resolve();
    },
  };
  const stream = streamBars({
    symbols: ['AAPL', 'MSFT'],
    minutes: 3,
    clock,
    transport,
    credentials: { keyId: 'PKLIBRARY', secretKey: 'library-secret' },
    env: {},
    ...options,
  });
  return { clock, stream, tried, closes: () => closed };
}

function barOf(minute: number, now: number) {
  const isRevised = now > (minute + 1) * 60_000 + 60_000;
  const c = isRevised ? 11 : 10;
  return {
    t: new Date(minute * 60_000).toISOString().replace('.000', ''),
    o: 9,
    h: 12,
    l: 8,
    c,
    v: 5,
    n: 2,
    vw: 10,
  };
}

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const failure = (stream: AsyncIterable<unknown>) =>
  collect(stream).then(
    () => undefined,
    (error: unknown) => error as Error & { code: string },
  );

describe('streamBars', () => {
  it('gives first deliveries alone, each once, and ends when the minutes are settled', async () => {
    const { stream, closes } = setUp();
    const bars = await collect(stream);
    expect(
      bars.map((bar) => `${bar.symbol} ${bar.minute - first} ${bar.type} ${bar.version}`).toSorted(),
    ).toEqual(['AAPL', 'MSFT'].flatMap((symbol) => [0, 1, 2].map((minute) => `${symbol} ${minute} bar 1`)));
    expect(closes()).toBe(1);
  });

  it('asks nothing before somebody iterates', async () => {
    const { tried, clock } = setUp();
    await clock.sleep(600_000);
    expect(tried).toEqual([]);
  });

  it('gives everything as events, in the order in which it happened', async () => {
    const { stream } = setUp();
    const events = await collect(stream.events());
    const types = new Set(events.map((event) => event.type));
    for (const type of ['bar', 'revision', 'asked', 'pass'] as const) expect(types).toContain(type);
    const seen = new Map<string, number>();
    for (const event of events) {
      if (event.type !== 'bar' && event.type !== 'revision') continue;
      const key = `${event.symbol} ${event.minute}`;
      expect(event.version).toBe((seen.get(key) ?? 0) + 1);
      seen.set(key, event.version);
    }
    expect([...seen.values()]).toEqual([2, 2, 2, 2, 2, 2]);
    // A pass is told after the bars that it brought.
    const firstPass = events.findIndex((event) => event.type === 'pass');
    expect(events.slice(0, firstPass).filter((event) => event.type === 'bar').length).toBe(2);
  });

  it('calls listeners by type, in order with the bars, and no longer after off', async () => {
    const { stream } = setUp();
    const order: string[] = [];
    const unwanted = () => order.push('unwanted');
    stream
      .on('revision', (bar) => order.push(`revision ${bar.symbol} ${bar.minute - first} ${bar.c}`))
      .on('pass', (pass) => order.push(`pass ${pass.pass} ${pass.minute - first}`))
      .on('pass', unwanted)
      .off('pass', unwanted);
    for await (const bar of stream) order.push(`bar ${bar.symbol} ${bar.minute - first}`);
    expect(order.slice(0, 3)).toEqual(['bar AAPL 0', 'bar MSFT 0', 'pass first 0']);
    expect(order).toContain('revision AAPL 1 11');
    expect(order).not.toContain('unwanted');
    expect(order.indexOf('bar AAPL 1')).toBeLessThan(order.indexOf('revision AAPL 1 11'));
  });

  it('stops everything when the loop is left', async () => {
    const { stream, tried, clock, closes } = setUp({ minutes: undefined });
    for await (const bar of stream) {
      expect(bar.symbol).toBe('AAPL');
      break;
    }
    expect(closes()).toBe(1);
    const asked = tried.length;
    await clock.sleep(600_000);
    expect(tried.length).toBe(asked);
    expect(await collect(stream)).toEqual([]);
  });

  it('stops everything when the consumer throws', async () => {
    const { stream, closes } = setUp({ minutes: undefined });
    await expect(
      (async () => {
        for await (const bar of stream) throw new Error(`cannot take ${bar.symbol}`);
      })(),
    ).rejects.toThrow('cannot take AAPL');
    expect(closes()).toBe(1);
  });

  it('ends without an error when its signal fires, or stop is called, or it fired before the start', async () => {
    const abort = new AbortController();
    const one = setUp({ minutes: undefined, signal: abort.signal });
    void one.clock.sleep(200_000).then(() => abort.abort());
    expect((await collect(one.stream)).length).toBeGreaterThan(3);
    expect(one.closes()).toBe(1);

    const two = setUp({ minutes: undefined });
    void two.clock.sleep(200_000).then(() => two.stream.stop());
    expect((await collect(two.stream)).length).toBeGreaterThan(3);
    expect(two.closes()).toBe(1);

    const three = setUp({ signal: AbortSignal.abort() });
    expect(await collect(three.stream)).toEqual([]);
    expect(three.tried).toEqual([]);
  });

  it('lets a slow consumer slow the asking, and loses nothing', async () => {
    const { stream, clock, tried } = setUp({ minutes: 12, batchSize: 1, concurrency: 1 });
    const bars: Bar[] = [];
    let askedWhileAway = 0;
    for await (const bar of stream) {
      bars.push(bar);
      if (bars.length !== 1) continue;
      const before = tried.length;
      await clock.sleep(40 * 60_000);
      askedWhileAway = tried.length - before;
    }
    expect(askedWhileAway).toBeLessThan(20);
    expect(new Set(bars.map((bar) => `${bar.symbol} ${bar.minute}`)).size).toBe(24);
    expect(bars.length).toBe(24);
  });

  it('asks about the minutes since a time before the start, also when that lies in the future', async () => {
    const past = setUp({ since: start - 10 * 60_000, minutes: 1 });
    expect((await collect(past.stream)).length).toBe(2 * 11);
    const future = setUp({ since: start + 86_400_000, minutes: 2 });
    expect((await collect(future.stream)).length).toBe(4);
  });

  it('switches mode in flight without losing a bar', async () => {
    const { stream, tried } = setUp({ minutes: 6 });
    const bars: Bar[] = [];
    const modes: StreamEvent[] = [];
    stream.on('mode', (event) => modes.push(event));
    for await (const bar of stream) {
      if (bars.push(bar) === 4) stream.reconfigure({ mode: 'sequential', rpm: 100 });
    }
    expect(bars.length).toBe(12);
    expect(modes).toEqual([{ type: 'mode', batchSize: 1, concurrency: 1 }]);
    expect(stream.plan).toMatchObject({ mode: 'sequential', budgetPerMinute: 100 });
    expect(tried[0]?.symbols.length).toBe(2);
    expect(tried.at(-1)?.symbols.length).toBe(1);
  });

  it('reads the environment for what is not given', async () => {
    const { stream, tried } = setUp({
      env: { FLEECE_MODE: 'sequential', USE_BATCH_POLLING: 'true', FLEECE_FEED: 'sip' },
    });
    await collect(stream);
    expect(stream.plan).toMatchObject({ mode: 'sequential', batchSize: 1 });
    expect(tried.every((one) => one.symbols.length === 1)).toBe(true);
    const off = setUp({ env: { USE_BATCH_POLLING: 'false' } });
    await collect(off.stream);
    expect(off.stream.plan).toMatchObject({ mode: 'concurrent', batchSize: 1, concurrency: 10 });
  });

  it('throws a usage error from the iteration for a wrong option, and names the option', async () => {
    for (const [options, message] of [
      [{ rpm: 0 }, /^option rpm has to be a whole number from 1 to 10000, not "0"$/],
      [{ batchSize: 1_001 }, /^option batchSize has to be "auto" or a whole number/],
      [{ mode: 'fast' as never }, /^option mode has to be one of/],
      [{ lookback: Number.NaN }, /^option lookback has to be .* not "NaN"$/],
      [{ symbols: [] }, /^no symbols/],
      [{ symbols: ['A'.repeat(10_000)] }, /has 10000 characters/],
      [{ env: { FLEECE_RPM: 'many' } }, /^FLEECE_RPM has to be/],
    ] as const) {
      const { stream, tried } = setUp(options);
      const error = await failure(stream);
      expect(error?.code).toBe('usage');
      expect(error?.message).toMatch(message);
      expect(tried).toEqual([]);
    }
  });

  it('throws what the service refuses, without the keys, and closes its connections', async () => {
    const echo = 'no such pair PKLIBRARY library-secret';
    for (const [status, body, code] of [
      [401, `<html>${echo}</html>`, 'unauthorized'],
      [403, '{"message":"subscription does not permit querying recent SIP data"}', 'forbidden'],
      [403, JSON.stringify({ message: echo }), 'unauthorized'],
    ] as const) {
      const { stream, closes } = setUp({}, () => ({ status, body }));
      const error = await failure(stream);
      expect(error?.code).toBe(code);
      expect(`${error?.message} ${error?.stack}`).not.toMatch(/PKLIBRARY|library-secret/);
      expect(closes()).toBe(1);
    }
  });

  it('says when every symbol is refused, and streams the others when some are', async () => {
    const refuse = ({ symbols }: Tried) => {
      const bad = symbols.find((symbol) => symbol.includes('-'));
      return bad === undefined ? undefined : { status: 400, body: `{"message":"invalid symbol: ${bad}"}` };
    };
    expect((await failure(setUp({ symbols: ['A-1', 'B-2'] }, refuse).stream))?.code).toBe('nothing_to_poll');
    const some = setUp({ symbols: ['AAPL', 'A-1', 'MSFT', 'B-2'] }, refuse);
    const quarantined: string[] = [];
    some.stream.on('quarantine', (event) => quarantined.push(event.symbol));
    expect((await collect(some.stream)).length).toBe(6);
    expect(quarantined).toEqual(['A-1', 'B-2']);
  });

  it('lets no healthy batch wait because a failing one comes back in halves', async () => {
    const symbols = Array.from({ length: 40 }, (_, at) => tickerNamed(at));
    const broken = ({ symbols: asked }: Tried) =>
      asked.includes('SAA') ? { status: 500, body: '' } : undefined;
    const { stream } = setUp({ symbols, minutes: 6, batchSize: 10 }, broken);
    const healthy = new Set(symbols.slice(10));
    const lateness: number[] = [];
    for await (const bar of stream)
      if (healthy.has(bar.symbol)) lateness.push(bar.receivedAt - (bar.minute + 1) * 60_000);
    expect(lateness.length).toBe(healthy.size * 6);
    expect(Math.max(...lateness)).toBeLessThan(4_000);
  });

  it('sends the keys in the two headers of every request', async () => {
    const { stream, tried } = setUp();
    await collect(stream);
    for (const { headers } of tried)
      expect(headers).toMatchObject({
        'apca-api-key-id': 'PKLIBRARY',
        'apca-api-secret-key': 'library-secret',
      });
  });

  it('reports each request once, without the keys', async () => {
    const reports: unknown[] = [];
    const { stream, tried } = setUp({ onRequest: (report) => reports.push(report) });
    await collect(stream);
    expect(reports.length).toBe(tried.length);
    expect(JSON.stringify(reports)).not.toMatch(/PKLIBRARY|library-secret/);
  });

  it('lets go of the connections to both services, once each', async () => {
    const asset = {
      symbol: 'AAPL',
      status: 'active',
      class: 'us_equity',
      exchange: 'NASDAQ',
      tradable: true,
    };
    const { stream, closes } = setUp({ symbols: [], universe: 'assets', minutes: 1 }, ({ path }) =>
      path === '/v2/assets' ? { status: 200, body: JSON.stringify([asset]) } : undefined,
    );
    expect((await collect(stream)).map(({ symbol }) => symbol)).toEqual(['AAPL']);
    expect(closes()).toBe(2);
  });
});
