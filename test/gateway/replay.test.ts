import { afterEach, describe, expect, it } from 'vitest';
import type { Bar } from '../../src/market/bar.ts';
import { type Message, Talk } from './support/talk.ts';
import { bar, minute, noon, revision, snapshot, startWorld, symbol, type World } from './support/world.ts';

let world: World;
afterEach(() => world.gateway.close());

const since = '2026-01-14T14:30:00Z';
const shown = (messages: readonly Message[]) =>
  messages.map(({ T, S, t, c }) => `${T} ${String(S)} ${String(t).slice(11, 16)} ${String(c)}`);

describe('since', () => {
  it('in the address replays what is kept, as it was delivered, and goes on live', async () => {
    world = await startWorld();
    const old = bar('AAPL', 0);
    world.history.add(old, revision(old), bar('AAPL', 1), bar('MSFT', 1));
    const talk = await Talk.open(world.ws(`/v2/iex?since=${since}`));
    await talk.subscribe({ bars: ['AAPL'], updatedBars: ['AAPL'] });
    const replayed = await talk.messages(3);
    world.deliver(bar('AAPL', 2));
    expect(shown([...replayed, ...(await talk.next())])).toEqual([
      'b AAPL 14:30 100',
      'u AAPL 14:30 100.5',
      'b AAPL 14:31 100.01',
      'b AAPL 14:32 100.02',
    ]);
  });

  it('in the address counts once for a symbol, for the SDK that subscribes twice', async () => {
    world = await startWorld();
    world.history.add(bar('AAPL', 0), bar('MSFT', 0));
    const talk = await Talk.open(world.ws(`/v2/iex?since=${since}`));
    talk.send({ action: 'subscribe', bars: ['AAPL'] });
    talk.send({ action: 'subscribe', bars: ['AAPL'] });
    talk.send({ action: 'subscribe', bars: ['AAPL', 'MSFT'] });
    const all = await talk.messages(5);
    world.deliver(bar('AAPL', 1));
    all.push(...(await talk.next()));
    expect(shown(all.filter(({ T }) => T === 'b'))).toEqual([
      'b AAPL 14:30 100',
      'b MSFT 14:30 100',
      'b AAPL 14:31 100.01',
    ]);
  });

  it('keeps what an earlier replay brought out of the way of a later one', async () => {
    world = await startWorld();
    const late = bar('AAPL', 59, { receivedAt: noon });
    world.history.add(late);
    const talk = await Talk.open(world.ws(`/v2/iex?since=${since}`));
    await talk.subscribe({ bars: ['AAPL'] });
    expect(shown(await talk.next())).toEqual(['b AAPL 15:29 100.59']);
    await talk.subscribe({ updatedBars: ['AAPL'] });
    // It was committed before both replays, and is published only now.
    world.bus.publish({ type: 'bars', bars: [late] });
    world.deliver(bar('AAPL', 60, { receivedAt: noon + 60_000 }));
    expect(shown(await talk.next())).toEqual(['b AAPL 15:30 100.6']);
  });

  it('replays a bar that the feed had first as a bar, also where the consolidated tape was asked before it', async () => {
    world = await startWorld();
    const healed = bar('AAPL', 0, { feed: 'sip', c: 200 });
    const own = bar('AAPL', 0, { type: 'revision', version: 2 });
    world.history.add(healed, own, revision(own));
    const talk = await Talk.open(world.ws(`/v2/iex?since=${since}`));
    await talk.subscribe({ bars: ['AAPL'], updatedBars: ['AAPL'] });
    expect(shown(await talk.messages(2))).toEqual(['b AAPL 14:30 100', 'u AAPL 14:30 100.5']);
    const all = await Talk.open(world.ws(`/v2/iex?events=heals&since=${since}`));
    await all.subscribe({ bars: ['AAPL'], updatedBars: ['AAPL'] });
    expect(shown(await all.messages(3))).toEqual([
      'b AAPL 14:30 100',
      'u AAPL 14:30 100.5',
      'u AAPL 14:30 200',
    ]);
  });

  it('replays a long day in frames that every SDK can take', async () => {
    world = await startWorld();
    world.history.chunkBars = 10_000;
    world.history.add(...Array.from({ length: 9_000 }, (_, at) => bar(`S${at}`, 0)));
    const talk = await Talk.open(world.ws(`/v2/iex?since=${since}`), { msgpack: true });
    await talk.subscribe({ bars: ['*'] });
    expect(await talk.messages(9_000)).toHaveLength(9_000);
    expect(Math.max(...talk.sizes)).toBeLessThan(1024 * 1024);
  });

  it('in the subscribe message begins where it says', async () => {
    world = await startWorld();
    world.history.add(bar('AAPL', 0), bar('AAPL', 1), bar('AAPL', 2));
    const talk = await Talk.open(world.ws('/v2/iex'));
    await talk.subscribe({ bars: ['*'], since: '2026-01-14T09:30:30-05:00' });
    expect(shown(await talk.messages(2))).toEqual(['b AAPL 14:31 100.01', 'b AAPL 14:32 100.02']);
  });

  it('is joined to live without a hole and without a double, whenever a bar is committed and published', async () => {
    for (let publishedAt = 0; publishedAt < 8; publishedAt++) {
      world = await startWorld();
      world.history.chunkBars = 1;
      const now = world.gateway.port > 0 ? noon : 0;
      const fresh = (count: number): Bar => bar('AAPL', count, { receivedAt: now - 3000 + count });
      for (let count = 50; count < 57; count++) world.history.add(fresh(count));
      const last = fresh(57);
      const corrected = revision(last, { receivedAt: now + 60_000 });
      // Both versions are kept before the replay reads; they are published in the middle of it, or after.
      world.history.add(last, corrected);
      world.history.beforeChunk = (chunk) => {
        if (chunk !== publishedAt) return;
        world.bus.publish({ type: 'bars', bars: [last] });
        world.deliver(bar('AAPL', 58, { receivedAt: now + 61_000 }));
      };
      const talk = await Talk.open(world.ws('/v2/iex'));
      await talk.subscribe({ bars: ['*'], updatedBars: ['*'], since });
      const first = await talk.messages(10);
      world.bus.publish({ type: 'bars', bars: [corrected] });
      world.deliver(bar('AAPL', 59, { receivedAt: now + 62_000 }));
      const all = shown([...first, ...(await talk.next())]);
      expect(all).toHaveLength(11);
      expect(new Set(all).size).toBe(11);
      expect(all.at(-1)).toBe('b AAPL 15:29 100.59');
      talk.socket.close();
      await talk.end();
      await world.gateway.close();
    }
    world = await startWorld();
  });

  it('does not let a client in whose since is no time', async () => {
    world = await startWorld();
    await expect(new Talk(world.ws('/v2/iex?since=lunch')).next()).rejects.toThrow();
    await expect(new Talk(world.ws('/v2/iex?release=slow')).next()).rejects.toThrow();
    await expect(new Talk(world.ws('/v2/iex?events=parties')).next()).rejects.toThrow();
  });
});

describe('release=settled', () => {
  it('holds a bar until its minute is sealed, and then sends it once as it ended up', async () => {
    world = await startWorld();
    world.status = { ...snapshot, lastSealed: minute(9) };
    const talk = await Talk.open(world.ws('/v2/iex?release=settled'));
    await talk.subscribe({ bars: ['*'], updatedBars: ['*'] });
    const aapl = bar('AAPL', 10);
    world.deliver(aapl, bar('MSFT', 10));
    world.deliver(revision(aapl));
    world.deliver(bar('AAPL', 11));
    world.bus.publish({ type: 'seal', feed: 'iex', minute: minute(10), bars: 2, quiet: 1, at: noon });
    expect(shown(await talk.next())).toEqual(['b AAPL 14:40 100.6', 'b MSFT 14:40 100.1']);
    world.deliver(revision(bar('MSFT', 10), { c: 7 }));
    expect(shown(await talk.next())).toEqual(['u MSFT 14:40 7']);
  });

  it('releases crypto pairs with the seal of the whole universe, which they are part of', async () => {
    world = await startWorld();
    world.status = { ...snapshot, lastSealed: minute(9) };
    const talk = await Talk.open(world.ws('/v1beta3/crypto/us?release=settled'));
    await talk.subscribe({ bars: ['*'] });
    world.deliver(bar('BTC/USD', 10, { feed: 'crypto' }));
    world.bus.publish({ type: 'seal', feed: 'iex', minute: minute(10), bars: 1, quiet: 3, at: noon });
    world.deliver(bar('BTC/USD', 11, { feed: 'crypto' }));
    world.bus.publish({ type: 'seal', feed: 'iex', minute: minute(11), bars: 1, quiet: 3, at: noon });
    expect(shown(await talk.messages(2))).toEqual(['b BTC/USD 14:40 100.1', 'b BTC/USD 14:41 100.11']);
  });

  it('with since replays settled minutes once, and the others with their seal', async () => {
    world = await startWorld();
    world.status = { ...snapshot, lastSealed: minute(1) };
    const first = bar('AAPL', 1);
    const second = bar('AAPL', 2);
    world.history.add(bar('AAPL', 0), first, revision(first), second);
    const talk = await Talk.open(world.ws(`/v2/iex?release=settled&since=${since}`));
    await talk.subscribe({ bars: ['AAPL'] });
    expect(shown(await talk.messages(2))).toEqual(['b AAPL 14:30 100', 'b AAPL 14:31 100.51']);
    world.deliver(revision(second));
    world.bus.publish({ type: 'seal', feed: 'iex', minute: minute(2), bars: 1, quiet: 0, at: noon });
    expect(shown(await talk.next())).toEqual(['b AAPL 14:32 100.52']);
  });
});

describe('events of our own', () => {
  const gap = {
    type: 'gap',
    state: 'open',
    symbols: [symbol('AAPL'), symbol('MSFT')],
    from: minute(3),
    to: minute(4),
    reason: 'HTTP 500',
    at: noon,
  } as const;
  const seal = { type: 'seal', feed: 'iex', minute: minute(2), bars: 2, quiet: 1, at: noon } as const;
  const heal = {
    type: 'heal',
    feed: 'sip',
    symbols: [symbol('AAPL')],
    from: minute(0),
    to: minute(9),
    bars: 9,
    at: noon,
  } as const;

  it('come only to those who ask, about what they are subscribed to', async () => {
    world = await startWorld();
    const plain = await Talk.open(world.ws('/v2/iex'));
    const asks = await Talk.open(world.ws('/v2/iex?events=gaps,seals'));
    await plain.subscribe({ bars: ['*'] });
    await asks.subscribe({ bars: ['AAPL'] });
    for (const news of [gap, seal, heal]) world.bus.publish(news);
    world.deliver(bar('AAPL', 5));
    expect(await asks.messages(3)).toEqual([
      {
        T: 'gap',
        state: 'open',
        reason: 'HTTP 500',
        symbols: ['AAPL'],
        from: '2026-01-14T14:33:00Z',
        to: '2026-01-14T14:34:00Z',
        t: '2026-01-14T15:30:00Z',
      },
      { T: 'seal', minute: '2026-01-14T14:32:00Z', bars: 2, quiet: 1, t: '2026-01-14T15:30:00Z' },
      expect.objectContaining({ T: 'b', S: 'AAPL' }),
    ]);
    expect(await plain.next()).toMatchObject([{ T: 'b', S: 'AAPL' }]);
  });

  it('bring healed bars of the consolidated tape only to those who ask for heals', async () => {
    world = await startWorld();
    const plain = await Talk.open(world.ws('/v2/iex'));
    const asks = await Talk.open(world.ws('/v2/iex?events=heals'), { msgpack: true });
    await plain.subscribe({ bars: ['*'], updatedBars: ['*'] });
    await asks.subscribe({ bars: ['*'], updatedBars: ['*'] });
    // For whoever publishes it is the first bar of that feed; for its readers it replaces another.
    world.deliver(bar('AAPL', 0, { feed: 'sip', v: 99_000, receivedAt: noon }));
    world.bus.publish(heal);
    world.deliver(bar('AAPL', 5));
    expect(await asks.messages(3)).toMatchObject([
      { T: 'u', S: 'AAPL', v: 99_000 },
      { T: 'heal', feed: 'sip', symbols: ['AAPL'], from: new Date(since) },
      { T: 'b', S: 'AAPL' },
    ]);
    expect(await plain.next()).toMatchObject([{ T: 'b', S: 'AAPL', v: 1200 }]);
  });
});
