import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FleeceError } from '../../src/errors.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { parseKeyPair } from '../../src/gateway/guard/key-ring.ts';
import { ManualClock } from './support/manual-clock.ts';
import { Talk } from './support/talk.ts';
import { bar, startWorld, type World } from './support/world.ts';

let world: World;
afterEach(() => world.gateway.close());

const clientKeys = [parseKeyPair('bot:tops3cret'), parseKeyPair('other:0ther')];

/** A raw request; fetch does not let a test choose its Host. */
function raw(path: string, headers: Record<string, string>, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(world.url(path), { method, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The status with which an upgrade is refused, or 101. */
function upgradeStatus(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(world.ws(path), { headers });
    socket.on('unexpected-response', (_request, answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('error', () => undefined);
  });
}

describe('addresses that others can reach', () => {
  it('need client keys, and it says so', async () => {
    world = await startWorld();
    const options = { ...(await minimal()), host: '0.0.0.0' };
    await expect(startGateway(options)).rejects.toThrow('give the keys that clients must show');
    await expect(startGateway(options)).rejects.toBeInstanceOf(FleeceError);
  });

  it('are told when another program listens there', async () => {
    world = await startWorld();
    await expect(startGateway({ ...(await minimal()), port: world.gateway.port })).rejects.toThrow(
      'another program listens there',
    );
  });

  async function minimal() {
    const { bus, history, universe } = world;
    return {
      port: 0,
      clock: new ManualClock(0),
      feed: 'iex' as const,
      bus,
      history,
      universe,
      status: { snapshot: () => world.status },
      market: { session: () => ({ isOpen: true, nextOpen: 0, nextClose: 0 }), calendar: () => [] },
      log: { warn: () => undefined, error: () => undefined },
    };
  }
});

describe('client keys', () => {
  it('let in whoever has a pair, by message and by header, and nobody else', async () => {
    world = await startWorld({ clientKeys });
    const talk = new Talk(world.ws('/v2/iex'));
    await talk.next();
    for (const [key, secret] of [
      ['bot', 'wrong'],
      ['bot', '0ther'],
      ['', ''],
    ]) {
      talk.send({ action: 'auth', key, secret });
      expect(await talk.next()).toEqual([{ T: 'error', code: 402, msg: 'auth failed' }]);
    }
    talk.send({ action: 'auth', key: 'bot', secret: 'tops3cret' });
    expect(await talk.next()).toEqual([{ T: 'success', msg: 'authenticated' }]);
    const keyed = { 'apca-api-key-id': 'other', 'apca-api-secret-key': '0ther' };
    expect(await raw('/v2/clock', keyed)).toBe(200);
    expect(await raw('/v2/clock', { authorization: 'Bearer 0ther' })).toBe(200);
    expect(await raw('/v2/clock', { ...keyed, 'apca-api-key-id': 'bot' })).toBe(401);
    expect(await raw('/metrics', {})).toBe(401);
    expect(await raw('/metrics', { authorization: `Basic ${btoa('bot:tops3cret')}` })).toBe(200);
    expect(await raw('/health', {})).toBe(200);
    expect(await raw('/v1beta3/crypto/us/latest/bars?symbols=BTC/USD', {})).toBe(401);
  });

  it('cannot be guessed at length: after some wrong ones even the right ones have to wait', async () => {
    const wallClock = new ManualClock(0);
    world = await startWorld({ clientKeys, limits: { wrongKeys: { burst: 3, perMinute: 6 } }, wallClock });
    const wrong = { 'apca-api-key-id': 'bot', 'apca-api-secret-key': 'guess' };
    const right = { 'apca-api-key-id': 'bot', 'apca-api-secret-key': 'tops3cret' };
    for (let count = 0; count < 3; count++) expect(await raw('/v2/clock', wrong)).toBe(401);
    expect(await raw('/v2/clock', right)).toBe(401);
    await wallClock.advance(10_000);
    expect(await raw('/v2/clock', right)).toBe(200);
    const closing = world.gateway.close();
    await wallClock.advance(5_000);
    await closing;
  });

  it('are in no log and no answer', async () => {
    world = await startWorld({ withBackfill: true });
    world.backfill.bring = () => {
      throw new Error('down');
    };
    await (await world.get('/v2/stocks/bars?symbols=NVDA&timeframe=1Min&start=2026-01-14T15:00:00Z')).text();
    const talk = await Talk.open(world.ws('/v2/iex'));
    talk.send({ action: 'auth', key: 'PKUSERSOWN', secret: 'users-own-secret' });
    const seen = [
      ...world.logged,
      JSON.stringify(await talk.next()),
      await (await world.get('/health')).text(),
    ];
    expect(seen.join()).toContain('down');
    expect(seen.join()).not.toMatch(/users-own-secret|PKUSERSOWN/);
  });

  it('have a form, and a wrong one is not repeated', () => {
    expect(() => parseKeyPair('secretwithoutcolon')).toThrow('ID:SECRET');
    expect(() => parseKeyPair('secretwithoutcolon')).not.toThrow('secretwithoutcolon');
    expect(parseKeyPair('a:b:c')).toEqual({ id: 'a', secret: 'b:c' });
  });
});

describe('browsers', () => {
  it('of other sites are refused, by Host and by Origin, for streams and for requests', async () => {
    world = await startWorld({ origins: ['https://friend.example'] });
    const keys = { 'apca-api-key-id': 'a', 'apca-api-secret-key': 'b' };
    expect(await raw('/health', { host: 'evil.example' })).toBe(403);
    expect(await raw('/health', { host: `localhost:${world.gateway.port}` })).toBe(200);
    expect(await raw('/v2/clock', { ...keys, origin: 'https://evil.example' })).toBe(403);
    expect(await raw('/v2/clock', { ...keys, origin: 'https://friend.example' })).toBe(200);
    expect(await raw('/v1beta3/crypto/us/bars', { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await upgradeStatus('/v2/iex', { origin: 'https://evil.example' })).toBe(403);
    expect(await upgradeStatus('/v2/iex', { origin: 'null' })).toBe(403);
    expect(await upgradeStatus('/v2/iex', { host: 'evil.example' })).toBe(403);
    expect(await upgradeStatus('/v2/iex', { origin: world.gateway.url })).toBe(101);
    expect(await upgradeStatus('/v2/iex', { origin: 'https://friend.example' })).toBe(101);
  });
});

describe('hostile clients', () => {
  it.each([
    '{"action":',
    '[',
    '\u0000',
    '{}',
    '"subscribe"',
    '['.repeat(100_000),
    '{"action":"auth","key":{}}',
  ])('that send junk (%#) get an error, and the connection works on', async (junk) => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    talk.socket.send(junk);
    expect(await talk.next()).toMatchObject([{ T: 'error' }]);
    talk.socket.send(Buffer.from([0xff, 0xfe, 0xfd]));
    expect(await talk.next()).toMatchObject([{ T: 'error', code: 400 }]);
    expect(await talk.subscribe({ bars: ['AAPL'] })).toMatchObject({ bars: ['AAPL'] });
  });

  it('that send msgpack junk get an error, and the connection works on', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'), { msgpack: true });
    for (const junk of [[0xc1], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdb, 0x7f, 0xff, 0xff, 0xff], []]) {
      talk.socket.send(Buffer.from(junk));
      expect(await talk.next()).toMatchObject([{ T: 'error', code: 400 }]);
    }
    expect(await talk.subscribe({ bars: ['AAPL'] })).toMatchObject({ bars: ['AAPL'] });
  });

  it('that send a frame of 10 MB, plain or compressed, are closed with 1009', async () => {
    world = await startWorld();
    for (const perMessageDeflate of [false, true]) {
      const talk = await Talk.open(world.ws('/v2/iex'), { perMessageDeflate });
      talk.socket.send('x'.repeat(10 * 1024 * 1024));
      expect((await talk.end()).code).toBe(1009);
    }
  });

  it('that subscribe to a million symbols are told the limit and keep what they had', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    let last = await talk.subscribe({ bars: ['AAPL'] });
    for (let batch = 0; batch < 10 && last.T === 'subscription'; batch++) {
      const bars = Array.from({ length: 100_000 }, (_, at) => `${batch}${at.toString(36).toUpperCase()}`);
      last = await talk.subscribe({ bars });
    }
    expect(last).toMatchObject({ T: 'error', code: 405 });
    world.deliver(bar('AAPL', 0));
    expect(await talk.next()).toMatchObject([{ S: 'AAPL' }]);
  });

  it('that send without pause are read no faster than is allowed', async () => {
    const wallClock = new ManualClock(0);
    world = await startWorld({ limits: { messagesPerSecond: 2 }, wallClock });
    const talk = await Talk.open(world.ws('/v2/iex'), { perMessageDeflate: false });
    // More than one read of the socket holds: what was read before it is known to be too much is answered.
    const dance = { action: 'dance', padding: 'x'.repeat(60_000) };
    for (let count = 0; count < 60; count++) talk.send(dance);
    await talk.messages(18);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(talk.frames.length).toBeLessThan(12);
    let rest = 60 - 18;
    while (rest > 0) {
      await wallClock.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 1));
      rest -= talk.frames.length;
      talk.frames.length = 0;
    }
    expect(rest).toBe(0);
    expect(talk.closed).toBeUndefined();
    talk.socket.close();
    await talk.end();
    while (world.gateway.clients > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  it('that subscribe symbol by symbol are served', async () => {
    world = await startWorld();
    const talk = await Talk.open(world.ws('/v2/iex'));
    for (let count = 0; count < 500; count++) talk.send({ action: 'subscribe', bars: [`S${count}`] });
    const acks = await talk.messages(500);
    expect(acks.at(-1)?.['bars']).toHaveLength(500);
  });

  it('that connect and say nothing at all are cut off', async () => {
    world = await startWorld();
    const socket = connect(world.gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => {
      socket.on('data', () => undefined);
      socket.on('close', resolve);
    });
  }, 60_000);

  it('that open connection after connection get 429 before the upgrade', async () => {
    world = await startWorld({ limits: { upgrades: { burst: 2, perMinute: 1 } } });
    expect(await upgradeStatus('/v2/iex', {})).toBe(101);
    expect(await upgradeStatus('/v2/iex', {})).toBe(101);
    expect(await upgradeStatus('/v2/iex', {})).toBe(429);
  });

  it('that are one too many from an address get 406, and those before them are left alone', async () => {
    world = await startWorld({ limits: { maxClientsPerAddress: 1 } });
    const first = await Talk.open(world.ws('/v2/iex'));
    const second = new Talk(world.ws('/v2/iex'));
    await second.next();
    second.send({ action: 'auth', key: 'a', secret: 'b' });
    expect(await second.next()).toEqual([{ T: 'error', code: 406, msg: 'connection limit exceeded' }]);
    expect(await first.subscribe({ bars: ['AAPL'] })).toMatchObject({ bars: ['AAPL'] });
    first.socket.close();
    await first.end();
    while (world.gateway.clients > 1) await new Promise((resolve) => setTimeout(resolve, 2));
    second.send({ action: 'auth', key: 'a', secret: 'b' });
    expect(await second.next()).toEqual([{ T: 'success', msg: 'authenticated' }]);
  });

  it.each([
    [`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, '431'],
    [`GET /${'x'.repeat(50_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, '414'],
    ['GET /health HTTP/1.1\r\n\r\n', '400'],
    ['GET /%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n', '404'],
    ['GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n', '400'],
    [
      'GET /v2/stocks/%E0%A4%A/bars HTTP/1.1\r\nHost: localhost\r\napca-api-key-id: a\r\napca-api-secret-key: b\r\n\r\n',
      '400',
    ],
    ['DELETE /v2/clock HTTP/1.1\r\nHost: localhost\r\n\r\n', '405'],
    ['NONSENSE\r\n\r\n', '400'],
  ])('that send %#: a malformed or oversized request get their status', async (text, status) => {
    world = await startWorld();
    const socket = connect(world.gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(text);
    const [answer] = await new Promise<Buffer[]>((resolve) => socket.once('data', (data) => resolve([data])));
    expect(answer?.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    socket.destroy();
  });

  it('that send their request a byte at a time are cut off', async () => {
    world = await startWorld({ limits: {} });
    const socket = connect(world.gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n');
    const dribble = setInterval(() => socket.write('X: y\r\n'), 500);
    const answer = await new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(data.toString())),
    );
    clearInterval(dribble);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    socket.destroy();
  }, 30_000);
});

describe('a client that never reads', () => {
  it('is conflated, then told 407 and cut off, and costs the others nothing', async () => {
    world = await startWorld({ limits: { outboxBytes: 2 * 1024 * 1024 } });
    const stuck = await Talk.open(world.ws('/v2/iex'));
    const quick = await Talk.open(world.ws('/v2/iex'));
    await stuck.subscribe({ bars: ['*'] });
    await quick.subscribe({ bars: ['*'] });
    stuck.socket.pause();
    let sent = 0;
    for (let count = 0; count < 60 && world.logged.length === 0; count++) {
      world.deliver(...Array.from({ length: 4000 }, (_, at) => bar(`S${at}`, count)));
      world.history.versions.length = 0;
      sent += 4000;
      let got = 0;
      while (got < 4000) got += (await quick.next()).length;
    }
    while (world.gateway.clients > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(sent).toBeLessThan(60 * 4000);
    expect(world.logged.join()).toContain('cut off (407)');
    stuck.socket.resume();
    await stuck.end();
    world.deliver(bar('AAPL', 99));
    expect(await quick.next()).toMatchObject([{ S: 'AAPL' }]);
  });
});

describe('times', () => {
  it('a client that does not authenticate within 10 s gets 404 and is dropped', async () => {
    const wallClock = new ManualClock(0);
    world = await startWorld({ wallClock });
    const talk = new Talk(world.ws('/v2/iex'));
    await talk.next();
    await wallClock.advance(9_500);
    expect(talk.frames).toEqual([]);
    await wallClock.advance(1_000);
    expect(await talk.next()).toEqual([{ T: 'error', code: 404, msg: 'auth timeout' }]);
    await talk.end();
    await gone();
  });

  it('a client is pinged every 54 s, and cut 6 s later when it does not answer', async () => {
    const wallClock = new ManualClock(0);
    world = await startWorld({ wallClock });
    const good = await Talk.open(world.ws('/v2/iex'));
    const dead = await Talk.open(world.ws('/v2/iex'), { autoPong: false });
    const pinged = Promise.all(
      [good, dead].map(({ socket }) => new Promise((resolve) => socket.once('ping', resolve))),
    );
    await wallClock.advance(54_500);
    await pinged;
    // The pong of the good one has to be in before the clock goes on.
    expect(await good.subscribe({ bars: ['AAPL'] })).toMatchObject({ bars: ['AAPL'] });
    await wallClock.advance(6_500);
    expect((await dead.end()).code).toBe(1006);
    expect(good.closed).toBeUndefined();
    good.socket.close();
    await good.end();
    await gone();
  });

  /** The clock that stands still would make a stop wait for clients that are still about to go. */
  async function gone(): Promise<void> {
    while (world.gateway.clients > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  it('a stop sends 1001 to everyone, and does not wait for one who never answers', async () => {
    world = await startWorld();
    const good = await Talk.open(world.ws('/v2/iex'));
    const dead = await Talk.open(world.ws('/v2/iex'));
    dead.socket.pause();
    const begun = Date.now();
    await world.gateway.close();
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect(await good.end()).toEqual({ code: 1001, reason: 'the service is stopping' });
    await expect(fetch(world.url('/health'))).rejects.toThrow();
    dead.socket.terminate();
  });
});
