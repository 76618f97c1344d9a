import { afterEach, describe, expect, it } from 'vitest';
import type { EpochMinute } from '../../src/time/minute.ts';
import { systemClock } from '../../src/time/affine-clock.ts';
import { type Message, Talk } from './support/talk.ts';
import { bar, minute, noon, revision, snapshot, startWorld, type World } from './support/world.ts';

let world: World;
afterEach(() => world.gateway.close());

const since = '2026-01-14T14:30:00Z';
const shown = (messages: readonly Message[]) =>
  messages.map(({ T, S, t, c }) => `${T} ${String(S)} ${String(t).slice(11, 16)} ${String(c)}`);

/** As the service does it: the status first, then the news. */
function seal(at: EpochMinute): void {
  world.status = { ...world.status, lastSealed: at };
  world.bus.publish({ type: 'seal', feed: 'iex', minute: at, bars: 1, quiet: 0, at: noon });
}

function sealedThrough(count: number): void {
  world.status = { ...snapshot, lastSealed: minute(count) };
}

/** A client that wants bars and no corrections. */
async function barsOnly(query: string, symbols: readonly string[] = ['*']): Promise<Talk> {
  const talk = await Talk.open(world.ws(`/v2/iex?release=settled${query}`));
  await talk.subscribe({ bars: symbols });
  return talk;
}

describe('release=settled after a restart', () => {
  it('brings each bar once and corrected, wherever in the replay its minute is sealed', async () => {
    for (let at = 0; at < 6; at++) {
      world = await startWorld();
      sealedThrough(1);
      world.history.chunkBars = 1;
      const kept = [0, 1, 2, 3, 4].map((count) => bar('AAPL', count));
      world.history.add(...kept, ...kept.slice(1, 4).map((old) => revision(old)));
      let isSealed = false;
      const sealSome = () => {
        if (isSealed) return;
        isSealed = true;
        // A version that this process received, of a bar that the one before it had received.
        world.deliver(revision(bar('AAPL', 4)));
        for (const count of [2, 3]) seal(minute(count));
      };
      world.history.beforeChunk = (chunk) => (chunk === at ? sealSome() : undefined);
      const talk = await barsOnly(`&since=${since}`);
      const first = await talk.messages(2);
      sealSome();
      const all = [...first, ...(await talk.messages(2))];
      seal(minute(4));
      all.push(...(await talk.next()));
      expect(shown(all)).toEqual([
        'b AAPL 14:30 100',
        'b AAPL 14:31 100.51',
        'b AAPL 14:32 100.52',
        'b AAPL 14:33 100.53',
        'b AAPL 14:34 100.54',
      ]);
      expect(talk.frames).toEqual([]);
      talk.socket.close();
      await talk.end();
      await world.gateway.close();
    }
    world = await startWorld();
  });

  it('brings with their seal the bars that were filled without having been on the bus', async () => {
    world = await startWorld();
    sealedThrough(1);
    const talk = await barsOnly(`&since=${since}`, ['AAPL']);
    world.history.add(bar('AAPL', 2), bar('AAPL', 3), bar('MSFT', 3));
    seal(minute(2));
    seal(minute(3));
    expect(shown(await talk.messages(2))).toEqual(['b AAPL 14:32 100.02', 'b AAPL 14:33 100.03']);
  });

  it('brings a client nothing of the replay of another', async () => {
    world = await startWorld();
    sealedThrough(1);
    world.history.add(...Array.from({ length: 50 }, (_, count) => bar('AAPL', count)));
    const other = await barsOnly('', ['AAPL']);
    const talk = await barsOnly(`&since=${since}`, ['AAPL']);
    expect(await talk.messages(2)).toHaveLength(2);
    seal(minute(2));
    expect(shown(await talk.next())).toEqual(['b AAPL 14:32 100.02']);
    expect(shown(await other.next())).toEqual(['b AAPL 14:32 100.02']);
  });
});

describe('a settled bar', () => {
  it('is corrected once by what comes while its minute is being released', async () => {
    world = await startWorld();
    sealedThrough(1);
    world.history.chunkBars = 1;
    const early = bar('AAPL', 2, { receivedAt: noon - 1000 });
    const late = bar('MSFT', 2);
    world.history.add(early, late);
    const talk = await Talk.open(world.ws('/v2/iex?release=settled'));
    await talk.subscribe({ bars: ['*'], updatedBars: ['*'] });
    world.history.beforeChunk = (chunk) => {
      // The first is in what is read, the second is not.
      if (chunk === 0) world.bus.publish({ type: 'bars', bars: [early] });
      if (chunk === 1) world.deliver(revision(early, { receivedAt: noon }));
    };
    seal(minute(2));
    const all = await talk.messages(3);
    world.deliver(revision(late, { receivedAt: noon }));
    expect(shown([...all, ...(await talk.next())])).toEqual([
      'b AAPL 14:32 100.02',
      'b MSFT 14:32 100.02',
      'u AAPL 14:32 100.52',
      'u MSFT 14:32 100.52',
    ]);
  });

  it('waits half an hour for a seal that does not come, and no longer', async () => {
    let now = noon;
    world = await startWorld({
      clock: { now: () => now, sleep: (ms, signal) => systemClock.sleep(ms, signal) },
    });
    sealedThrough(58);
    const talk = await barsOnly('');
    const other = await barsOnly('', ['AAPL']);
    for (const count of [59, 60, 88]) world.deliver(bar('AAPL', count));
    now += 31 * 60_000;
    world.deliver(bar('AAPL', 90));
    const released = ['b AAPL 15:29 100.59', 'b AAPL 15:30 100.6'];
    expect(shown(await talk.messages(2))).toEqual(released);
    expect(shown(await other.messages(2))).toEqual(released);
    seal(minute(88));
    expect(shown(await talk.next())).toEqual(['b AAPL 15:58 100.88']);
  });

  it('comes with the next seal when the store could not be read, and comes before the news of its seal', async () => {
    world = await startWorld();
    sealedThrough(1);
    const talk = await barsOnly('&events=seals');
    world.history.beforeChunk = () => Promise.reject(new Error('the disk is gone'));
    world.deliver(bar('AAPL', 2));
    seal(minute(2));
    await expect.poll(() => world.logged.length).toBe(1);
    world.history.beforeChunk = () => undefined;
    world.deliver(bar('AAPL', 3));
    seal(minute(3));
    expect(
      (await talk.messages(4)).map(({ T, t, minute: of }) => `${T} ${String(T === 'b' ? t : of)}`),
    ).toEqual([
      'b 2026-01-14T14:32:00Z',
      'b 2026-01-14T14:33:00Z',
      'seal 2026-01-14T14:32:00Z',
      'seal 2026-01-14T14:33:00Z',
    ]);
  });
});
