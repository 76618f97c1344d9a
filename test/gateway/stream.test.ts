import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { toIsoMinute } from '../../src/time/minute.ts';
import { Talk } from './support/talk.ts';
import { bar, minute, revision, startWorld, type World } from './support/world.ts';

const recordings = join(
  dirname(fileURLToPath(import.meta.url)),
  '../../../shared/alpaca/recordings/thesmaw-marketpulse/stream',
);
// Without the recordings of the real service beside the repository there is nothing to compare with.
const recorded = existsSync(recordings);
const recording = (name: string) => JSON.parse(readFileSync(join(recordings, name), 'utf8')) as unknown;

let world: World;
afterEach(() => world.gateway.close());

const emptyAck = {
  T: 'subscription',
  trades: [],
  quotes: [],
  bars: [],
  updatedBars: [],
  dailyBars: [],
  statuses: [],
  lulds: [],
  corrections: [],
  cancelErrors: [],
};

describe('greeting and auth', () => {
  it('greets, and lets any keys that are not empty in on loopback', async () => {
    world = await startWorld();
    const talk = new Talk(world.ws('/v2/iex'));
    expect(await talk.next()).toEqual([{ T: 'success', msg: 'connected' }]);
    talk.send({ action: 'auth', key: 'a', secret: 'b' });
    expect(await talk.next()).toEqual([{ T: 'success', msg: 'authenticated' }]);
  });

  it.each([
    ['APCA headers', { 'APCA-API-KEY-ID': 'a', 'APCA-API-SECRET-KEY': 'b' }],
    ['Basic', { Authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }],
    ['Bearer', { Authorization: 'Bearer token' }],
  ])('lets a client in by its %s without a message', async (_name, headers) => {
    world = await startWorld();
    const talk = new Talk(world.ws('/v2/iex'), { headers });
    expect(await talk.next()).toEqual([{ T: 'success', msg: 'connected' }]);
    expect(await talk.next()).toEqual([{ T: 'success', msg: 'authenticated' }]);
  });

  it('answers 401 before auth, 402 to empty keys, 403 to a second auth, and stays open', async () => {
    world = await startWorld();
    const talk = new Talk(world.ws('/v2/iex'));
    await talk.next();
    talk.send({ action: 'subscribe', bars: ['AAPL'] });
    expect(await talk.next()).toEqual([{ T: 'error', code: 401, msg: 'not authenticated' }]);
    talk.send({ action: 'auth' });
    expect(await talk.next()).toEqual([{ T: 'error', code: 402, msg: 'auth failed' }]);
    talk.send({ action: 'auth', key: 'a', secret: 'b' });
    await talk.next();
    talk.send({ action: 'auth', key: 'a', secret: 'b' });
    expect(await talk.next()).toEqual([{ T: 'error', code: 403, msg: 'already authenticated' }]);
    expect(await talk.subscribe({ bars: ['AAPL'] })).toEqual({ ...emptyAck, bars: ['AAPL'] });
  });

  it.each(['/v2/sip', '/v2/delayed_sip'])('refuses %s with 409 when iex is what is polled', async (path) => {
    world = await startWorld();
    const talk = new Talk(world.ws(path));
    await talk.next();
    talk.send({ action: 'auth', key: 'a', secret: 'b' });
    const [error] = await talk.next();
    expect(error).toMatchObject({ T: 'error', code: 409, msg: 'insufficient subscription' });
    expect(talk.closed).toBeUndefined();
  });

  it.each(['/', '/iex', '/stream'])(
    'takes %s for the feed that is polled, as proxy agents do',
    async (path) => {
      world = await startWorld();
      const talk = await Talk.open(world.ws(path));
      await talk.subscribe({ bars: ['AAPL'] });
      world.deliver(bar('AAPL', 0));
      expect(await talk.next()).toMatchObject([{ S: 'AAPL' }]);
    },
  );

  it('answers a path that is no stream with 404 before the upgrade', async () => {
    world = await startWorld();
    const talk = new Talk(world.ws('/v2/nasdaq'));
    await expect(talk.next()).rejects.toThrow();
  });

  it.runIf(recorded)('says what the real service was recorded to say', async () => {
    world = await startWorld({ limits: { maxSymbols: 1 } });
    const talk = new Talk(world.ws('/v2/iex'));
    const plain = async () => (await talk.next()).map(({ reason: _reason, ...rest }) => rest);
    expect(await plain()).toEqual(recording('01-greeting.json'));
    talk.send({ action: 'auth', key: '', secret: '' });
    expect(await plain()).toEqual(recording('error-402-auth-failed.json'));
    talk.send({ action: 'auth', key: 'a', secret: 'b' });
    expect(await plain()).toEqual(recording('02-authenticated.json'));
    talk.send({ action: 'dance' });
    expect(await plain()).toEqual(recording('error-400-invalid-syntax.json'));
    talk.send({ action: 'subscribe', bars: ['AAPL', 'MSFT'] });
    expect(await plain()).toEqual(recording('error-405-symbol-limit-exceeded.json'));
    await talk.subscribe({ bars: ['NVDA'] });
    const [nvda] = recording('bar-nvda.json') as [{ o: number; t: string }];
    world.deliver(bar('NVDA', 0, nvda));
    const [sent] = await talk.next();
    expect(Object.keys(sent ?? {})).toEqual(Object.keys(nvda));
    expect(sent).toEqual({ ...nvda, t: toIsoMinute(minute(0)) });
  });
});

describe('subscriptions', () => {
  it('acknowledges with the whole state, sorted, with all nine keys', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    expect(await talk.subscribe({ bars: ['SPY'], updatedBars: ['AAPL'] })).toEqual({
      ...emptyAck,
      bars: ['SPY'],
      updatedBars: ['AAPL'],
    });
    expect(await talk.subscribe({ bars: ['MSFT', 'SPY'] })).toMatchObject({ bars: ['MSFT', 'SPY'] });
    talk.send({ action: 'unsubscribe', bars: ['MSFT', 'SPY'], updatedBars: ['AAPL'] });
    expect(await talk.next()).toEqual([emptyAck]);
  });

  it('takes the seven lists that the npm package sends, most of them empty', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    const empty = { trades: [], quotes: [], updatedBars: [], dailyBars: [], statuses: [], lulds: [] };
    expect(await talk.subscribe({ bars: ['SPY'], ...empty })).toEqual({ ...emptyAck, bars: ['SPY'] });
  });

  it.each([
    [{ action: 'subscribe' }],
    [{ action: 'subscribe', bars: [] }],
    [{ action: 'subscribe', news: ['AAPL'] }],
    [{ action: 'subscribe', corrections: ['AAPL'] }],
    [{ action: 'subscribe', bars: 'AAPL' }],
    [{ action: 'subscribe', bars: [7] }],
    [{ action: 'subscribe', bars: ['A B'] }],
    [{ action: 'subscribe', bars: ['MSFT', 'aapl'] }],
    [{ action: 'subscribe', bars: ['AAPL'], since: 'yesterday' }],
    [{ action: 'listen' }],
    [['subscribe']],
    [null],
  ])('answers 400 to %j and stays open', async (message) => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    talk.send(message);
    const [error] = await talk.next();
    expect(error).toMatchObject({ T: 'error', code: 400, msg: 'invalid syntax' });
    expect(await talk.subscribe({ bars: ['AAPL'] })).toMatchObject({ bars: ['AAPL'] });
  });

  it('says how a symbol in lower case is written', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    talk.send({ action: 'subscribe', updatedBars: ['brk.b'] });
    expect(await talk.next()).toMatchObject([
      { code: 400, reason: 'updatedBars: brk.b is not a symbol: it holds lower case, write BRK.B' },
    ]);
  });

  it('accepts names that only the service can judge, known or not', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    const bars = ['ACP.PA', 'BRK-B', 'ZZQQTESTX'];
    expect(await talk.subscribe({ bars })).toMatchObject({ T: 'subscription', bars });
  });

  it.each(['trades', 'quotes', 'statuses', 'lulds', 'imbalances'])(
    'refuses %s with 410 and leaves the subscriptions as they were',
    async (channel) => {
      world = await startWorld();
      const talk = await Talk.open(world.ws('/v2/iex'));
      await talk.subscribe({ bars: ['AAPL'] });
      talk.send({ action: 'subscribe', [channel]: ['AAPL'], bars: ['SPY'] });
      const [error] = await talk.next();
      expect(error).toMatchObject({ T: 'error', code: 410, msg: 'invalid subscribe action for this feed' });
      expect(await talk.subscribe({ dailyBars: ['AAPL'] })).toMatchObject({ bars: ['AAPL'] });
    },
  );

  it('has symbols polled for the first who wants them, and gives them up after the last', async () => {
    world = await startWorld({ limits: { lingerMs: 1 } });
    const first = await Talk.open(world.ws('/v2/iex'));
    const second = await Talk.open(world.ws('/v2/iex'));
    await first.subscribe({ bars: ['NVDA', 'AMD'] });
    await second.subscribe({ bars: ['NVDA'] });
    expect(world.universe.acquired).toEqual([['NVDA', 'AMD']]);
    first.socket.close();
    await first.end();
    while (world.universe.released.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(world.universe.released).toEqual([['AMD']]);
    second.send({ action: 'unsubscribe', bars: ['NVDA'] });
    await second.next();
    while (world.universe.released.length === 1) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(world.universe.released).toEqual([['AMD'], ['NVDA']]);
  });

  it('answers 405 with the reason when the universe refuses, and changes nothing', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    world.universe.refusal = 'the budget of 180 requests a minute is used up';
    talk.send({ action: 'subscribe', bars: ['NVDA'] });
    expect(await talk.next()).toEqual([
      { T: 'error', code: 405, msg: 'symbol limit exceeded', reason: world.universe.refusal },
    ]);
    world.universe.refusal = undefined;
    expect(await talk.subscribe({ bars: ['AAPL'] })).toMatchObject({ bars: ['AAPL'] });
  });
});

describe('bars', () => {
  it('go out in one frame a response, each to those who want it', async () => {
    world = await startWorld();
    const some = await Talk.open(world.ws('/v2/iex'));
    const all = await Talk.open(world.ws('/v2/iex'));
    await some.subscribe({ bars: ['AAPL', 'SPY'] });
    await all.subscribe({ bars: ['*'] });
    world.deliver(bar('AAPL', 0), bar('MSFT', 0), bar('SPY', 0));
    expect((await some.next()).map(({ S }) => S)).toEqual(['AAPL', 'SPY']);
    expect((await all.next()).map(({ S }) => S)).toEqual(['AAPL', 'MSFT', 'SPY']);
  });

  it('are b at first sight and u as corrections, each for its own channel', async () => {
    world = await startWorld();
    const first = await Talk.open(world.ws('/v2/iex'));
    const both = await Talk.open(world.ws('/v2/iex'));
    await first.subscribe({ bars: ['AAPL'] });
    await both.subscribe({ bars: ['AAPL'], updatedBars: ['*'] });
    const old = bar('AAPL', 0);
    world.deliver(old);
    world.deliver(revision(old));
    world.deliver(bar('AAPL', 1));
    expect((await first.messages(2)).map(({ T, t }) => [T, t])).toEqual([
      ['b', '2026-01-14T14:30:00Z'],
      ['b', '2026-01-14T14:31:00Z'],
    ]);
    expect((await both.messages(3)).map(({ T, c }) => [T, c])).toEqual([
      ['b', 100],
      ['u', 100.5],
      ['b', 100.01],
    ]);
  });

  it('of more than 4,000 symbols come in several frames that alpaca-py can take', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'), { msgpack: true });
    await talk.subscribe({ bars: ['*'] });
    world.deliver(...Array.from({ length: 9_001 }, (_, at) => bar(`S${at}`, 0)));
    expect((await talk.messages(9_001)).map(({ S }) => S)).toEqual(
      Array.from({ length: 9_001 }, (_, at) => `S${at}`),
    );
    expect(Math.max(...talk.sizes)).toBeLessThan(1024 * 1024);
  });

  it('come as msgpack with T first, doubles for prices and the timestamp extension for times', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'), { msgpack: true });
    const ack = await talk.subscribe({ bars: ['AAPL'] });
    expect(Object.keys(ack)[0]).toBe('T');
    const raw = new Promise<Buffer>((resolve) =>
      talk.socket.once('message', (data: Buffer) => resolve(data)),
    );
    world.deliver(bar('AAPL', 3, { o: 100, v: 5_000_000_000, n: 300 }));
    const [sent] = await talk.next();
    expect(Object.keys(sent ?? {})).toEqual(['T', 'S', 'o', 'h', 'l', 'c', 'v', 't', 'n', 'vw']);
    expect(sent).toEqual({
      T: 'b',
      S: 'AAPL',
      o: 100,
      h: 101.5,
      l: 99.25,
      c: 100.03,
      v: 5_000_000_000,
      t: new Date('2026-01-14T14:33:00Z'),
      n: 300,
      vw: 100.123456,
    });
    expect((await raw).includes(Buffer.from([0xa1, 0x6f, 0xcb]))).toBe(true);
  });

  it('of crypto go to the crypto stream, and to no stock stream', async () => {
    world = await startWorld();
    const stocks = await Talk.open(world.ws('/v2/iex'));
    const crypto = await Talk.open(world.ws('/v1beta3/crypto/us'));
    await stocks.subscribe({ bars: ['*'] });
    expect(await crypto.subscribe({ bars: ['BTC/USD'] })).toEqual({
      T: 'subscription',
      trades: [],
      quotes: [],
      orderbooks: [],
      bars: ['BTC/USD'],
      updatedBars: [],
      dailyBars: [],
    });
    world.deliver(bar('BTC/USD', 0, { feed: 'crypto', v: 0.25 }));
    world.deliver(bar('AAPL', 0));
    expect(await crypto.next()).toMatchObject([{ S: 'BTC/USD', v: 0.25 }]);
    expect(await stocks.next()).toMatchObject([{ S: 'AAPL' }]);
    crypto.send({ action: 'subscribe', bars: ['AAPL'] });
    expect(await crypto.next()).toMatchObject([{ T: 'error', code: 400 }]);
  });

  it('come over permessage-deflate and after fragmented messages', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'), { perMessageDeflate: true });
    expect(talk.socket.extensions).toContain('permessage-deflate');
    const text = JSON.stringify({ action: 'subscribe', bars: ['AAPL', 'MSFT'] });
    talk.socket.send(text.slice(0, 9), { fin: false });
    talk.socket.send(text.slice(9, 20), { fin: false });
    talk.socket.send(text.slice(20), { fin: true });
    expect(await talk.next()).toMatchObject([{ bars: ['AAPL', 'MSFT'] }]);
    world.deliver(bar('AAPL', 0));
    expect(await talk.next()).toMatchObject([{ S: 'AAPL' }]);
  });

  it('of FAKEPACA come on the test stream at each minute', async () => {
    const { ManualClock } = await import('./support/manual-clock.ts');
    const clock = new ManualClock(Date.parse('2026-01-17T03:00:30Z'));
    world = await startWorld({ clock });
    const talk = await Talk.open(world.ws('/v2/test'));
    await talk.subscribe({ bars: ['FAKEPACA'] });
    await clock.advance(30_000);
    expect(await talk.next()).toMatchObject([{ T: 'b', S: 'FAKEPACA', t: '2026-01-17T03:00:00Z' }]);
  });
});

describe('daily bars', () => {
  it('are the day so far, from what is kept and what comes', async () => {
    world = await startWorld();
    world.history.add(bar('AAPL', 0, { o: 90, v: 100, vw: 90 }), bar('AAPL', 1, { h: 150, v: 100, vw: 110 }));
    const talk = await Talk.open(world.ws('/v2/iex'));
    await talk.subscribe({ dailyBars: ['AAPL'] });
    const third = bar('AAPL', 2, { v: 200, vw: 100, n: 1 });
    world.deliver(third, bar('MSFT', 2));
    expect(await talk.next()).toEqual([
      {
        T: 'd',
        S: 'AAPL',
        o: 90,
        h: 150,
        l: 99.25,
        c: 100.02,
        v: 400,
        t: '2026-01-14T05:00:00Z',
        n: 25,
        vw: 100,
      },
    ]);
    world.deliver(revision(third, { c: 1, l: 1, v: 300 }));
    expect(await talk.next()).toMatchObject([{ T: 'd', c: 1, l: 1, v: 500 }]);
    world.deliver(bar('AAPL', 90, { v: 1 }));
    expect(await talk.next()).toMatchObject([{ T: 'd', v: 501 }]);
    world.deliver(revision(bar('AAPL', 0, { v: 1 })));
    expect(await talk.next()).toMatchObject([{ T: 'd', v: 402 }]);
  });
});
