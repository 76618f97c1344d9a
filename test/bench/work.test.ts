import { describe, expect, it } from 'vitest';
import { parsePage } from '../../src/alpaca/wire.ts';
import { streamBars } from '../../src/app/stream-bars.ts';
import { Subscription } from '../../src/fanout/subscription.ts';
import { toItem } from '../../src/fanout/stream-item.ts';
import { type Codec, jsonCodec } from '../../src/gateway/stream/codec.ts';
import { EncodedBatch } from '../../src/gateway/stream/encoded-batch.ts';
import { Recorder } from '../../src/ingest/recorder.ts';
import { Sealer } from '../../src/ingest/sealer.ts';
import { Account } from '../../src/ledger/account.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { LocalBus } from '../../src/fanout/bus.ts';
import type { Bar, BarRow } from '../../src/market/bar.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { createHandler, createInProcessTransport, createMarket } from '../../src/simulator/index.ts';
import type { BarStore, StoreMemory } from '../../src/store/bar-store.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { addMinutes, type EpochMinute, minuteOf } from '../../src/time/minute.ts';
import { SteppedClock } from '../../src/time/stepped-clock.ts';
import { bytesAllocatedIn, repeats } from './allocations.ts';

/** The work that a bar costs, counted: whoever makes it more has to raise a number here, and say why. */

const start = Date.parse('2026-01-14T15:00:20Z');
const first = minuteOf(start);

function rowsAt(from: EpochMinute, count: number): BarRow[] {
  return Array.from({ length: count }, (_, at) => ({
    minute: addMinutes(from, at),
    o: 10.25,
    h: 11.5,
    l: 9.75,
    c: 10.5 + at / 8,
    v: 1_200,
    n: 12,
    vw: 10.123456,
  }));
}

function namesOf(count: number): MarketSymbol[] {
  return Array.from({ length: count }, (_, at) => `S${at}` as MarketSymbol);
}

describe('a minute of 500 symbols', () => {
  it('costs 10 requests and as few again, and 6 rows of JSON a bar', async () => {
    const clock = new SteppedClock(start);
    const market = createMarket({ symbols: 500, quiet: 0.2 });
    const transport = createInProcessTransport(createHandler({ clock, market }), { clock });
    let requests = 0;
    let bytes = 0;
    const minutes = 10;
    const stream = streamBars({
      symbols: market.symbols,
      minutes,
      settleMinutes: 0,
      clock,
      credentials: { keyId: 'bench-key', secretKey: 'bench-secret' },
      env: {},
      transport: {
        ...transport,
        get: async (...args) => {
          const answer = await transport.get(...args);
          requests += 1;
          bytes += answer.body.length;
          return answer;
        },
      },
    });
    let bars = 0;
    for await (const bar of stream) bars += bar.version;
    expect(requests / minutes).toBeGreaterThanOrEqual(10);
    expect(requests / minutes).toBeLessThanOrEqual(20);
    expect(requests / bars).toBeLessThan(0.05);
    // Some 100 bytes a row, six times a bar, and a second look at those that are late.
    expect(bytes / bars).toBeLessThan(900);
  });
});

describe('a row that says what was said before', () => {
  it('makes no object in the ledger', async () => {
    const ledger = new Ledger();
    const symbols = namesOf(100);
    const rows = rowsAt(first, 6);
    const context = {
      feed: 'iex',
      receivedAt: start,
      openFrom: first,
      closedThrough: addMinutes(first, 5),
    } as const;
    for (const symbol of symbols) ledger.enter(symbol, rows, context);
    const rounds = 200;
    const delivered: unknown[] = [];
    const again = () => {
      for (let round = 0; round < rounds; round++)
        for (const symbol of symbols) {
          const bars = ledger.enter(symbol, rows, context);
          ledger.forget(symbol, first);
          if (bars.length > 0) delivered.push(bars);
        }
    };
    again();
    const bytes = await bytesAllocatedIn('/ledger/', again);
    expect(delivered).toEqual([]);
    expect(bytes / (rounds * symbols.length * rows.length)).toBeLessThan(0.5);
  });
});

describe('a page of rows', () => {
  it('is checked without a copy of each row', async () => {
    const symbols = namesOf(100);
    const row = {
      t: '2026-01-14T15:00:00Z',
      o: 10.25,
      h: 11.5,
      l: 9.75,
      c: 10.5,
      v: 1_200,
      n: 12,
      vw: 10.123,
    };
    const rows = Array.from({ length: 6 }, (_, at) => ({ ...row, t: `2026-01-14T15:0${at}:00Z` }));
    const text = JSON.stringify({ bars: Object.fromEntries(symbols.map((symbol) => [symbol, rows])) });
    const asked = new Set<string>(symbols);
    const rounds = 100;
    let pages = 0;
    const again = () => {
      for (let round = 0; round < rounds; round++)
        if (parsePage(JSON.parse(text), asked).rows.size === symbols.length) pages += 1;
    };
    again();
    const bytes = await bytesAllocatedIn('/alpaca/wire', again);
    expect(pages).toBe((1 + repeats) * rounds);
    // A list with a place for each row, and room for its minute. A copy has eight values more.
    expect(bytes / (rounds * symbols.length * rows.length)).toBeLessThan(100);
  });
});

describe('a minute of the market for 1,000 clients', () => {
  it('is encoded once for each encoding, and not for each client', () => {
    let encodings = 0;
    let frames = 0;
    const counting: Codec = {
      ...jsonCodec,
      bars: (items) => {
        encodings += 1;
        const encoded = jsonCodec.bars(items);
        return {
          frame: (...args) => {
            frames += 1;
            return encoded.frame(...args);
          },
        };
      },
    };
    const bars = namesOf(11_635).map(
      (symbol): Bar => ({
        ...(rowsAt(first, 1)[0] as BarRow),
        type: 'bar',
        symbol,
        feed: 'iex',
        receivedAt: start,
        version: 1,
      }),
    );
    const batch = new EncodedBatch(bars.map(toItem));
    const everything = Subscription.none.with({ bars: ['*'] });
    const sent = Array.from({ length: 1_000 }, () => batch.parcels(everything, counting));
    expect(encodings).toBe(1);
    expect(frames).toBe(3);
    expect(new Set(sent.flat().map(({ data }) => data)).size).toBe(3);
  });
});

describe('a pass of 117 answers', () => {
  it('is kept in a few commits', async () => {
    const clock = new SteppedClock(start);
    const sizes: number[] = [];
    const store = {
      commit: async ({ bars = [] }: { readonly bars?: readonly Bar[] }) => {
        sizes.push(bars.length);
        return { added: bars.length, revised: 0, late: 0, unchanged: 0 };
      },
    } as unknown as BarStore;
    const recorder = new Recorder({ store, clock, log: silentLog });
    for (let answer = 0; answer < 117; answer++) {
      await clock.sleep(20);
      void recorder.bars(namesOf(100).map((symbol) => ({ symbol }) as Bar));
    }
    await recorder.flush();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(11_700);
    expect(sizes.length).toBeLessThanOrEqual(2);
  });

  it('is sealed without a look at every symbol after each commit', async () => {
    const clock = new SteppedClock(start);
    const symbols = namesOf(11_700);
    const account = new Account();
    let looks = 0;
    const sealedUntil = account.sealedUntil.bind(account);
    account.sealedUntil = (...args) => {
      looks += 1;
      return sealedUntil(...args);
    };
    const memory = { account, lastSeal: undefined, watchedSince: new Map() } as unknown as StoreMemory;
    const store = { memory, marks: async () => new Map() } as unknown as BarStore;
    const minutes: number[] = [];
    const sealer = new Sealer({
      store,
      recorder: { note: ({ seals = [] }) => minutes.push(...seals.map(({ minute }) => minute)) },
      bus: new LocalBus(),
      clock,
      log: silentLog,
      feed: 'iex',
      symbols: () => symbols,
      isPolled: () => true,
      openTo: () => () => true,
      from: addMinutes(first, -2),
    });
    const wanted = { feed: 'iex', from: addMinutes(first, -2), to: addMinutes(first, -1) } as const;
    for (let from = 0; from < symbols.length; from += 100) {
      account.advance({ ...wanted, symbols: symbols.slice(from, from + 100) });
      sealer.seal();
      await sealer.idle();
    }
    expect(minutes).toEqual([wanted.from]);
    expect(looks).toBeLessThan(3 * symbols.length);
  });
});
