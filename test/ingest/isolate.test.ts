import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleeceError } from '../../src/errors.ts';
import { isolate } from '../../src/ingest/isolate.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';

type Naming = 'named' | 'nameless' | 'wrong';

/** A service that refuses any request with one of `bad` in it, and names it, or none, or one that was not asked for. */
function setUp(bad: readonly string[], naming: Naming | ((request: number) => Naming)) {
  const requests: MarketSymbol[][] = [];
  const answered: MarketSymbol[] = [];
  const refused: [string, string, boolean][] = [];
  const ask = (symbols: readonly MarketSymbol[]) => {
    const how = typeof naming === 'function' ? naming(requests.length) : naming;
    requests.push([...symbols]);
    const culprit = symbols.find((symbol) => bad.includes(symbol));
    if (culprit === undefined) {
      answered.push(...symbols);
      return Promise.resolve();
    }
    return Promise.reject(
      how === 'nameless'
        ? new FleeceError('bad_request', 'refused')
        : new FleeceError('invalid_symbol', 'invalid symbol', { symbol: how === 'named' ? culprit : 'ELSE' }),
    );
  };
  const run = (symbols: readonly string[]) =>
    isolate(
      symbols.map((symbol) => symbol as MarketSymbol),
      { ask, refuse: (symbol, reason, named) => void refused.push([symbol, reason, named]) },
    );
  return { requests, answered, refused, run };
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `S${at}`);

describe('isolate', () => {
  it('asks once when nothing is wrong', async () => {
    const { run, requests, refused } = setUp([], 'named');
    await run(names(10));
    expect([requests.length, refused]).toEqual([1, []]);
  });

  it('asks nothing about nobody', async () => {
    const { run, requests } = setUp([], 'named');
    await run([]);
    expect(requests).toEqual([]);
  });

  it('drops the symbol that is named and asks for the rest in one request', async () => {
    const { run, requests, answered, refused } = setUp(['S3', 'S7'], 'named');
    await run(names(10));
    expect(requests.map((request) => request.length)).toEqual([10, 9, 8]);
    expect(answered).toEqual(names(10).filter((name) => name !== 'S3' && name !== 'S7'));
    expect(refused).toEqual([
      ['S3', 'invalid symbol', true],
      ['S7', 'invalid symbol', true],
    ]);
  });

  it('asks nothing more when the named one was the last', async () => {
    const { run, requests, refused } = setUp(['S0'], 'named');
    await run(['S0']);
    expect([requests.length, refused.length]).toEqual([1, 1]);
  });

  it('halves a batch until the culprit stands alone when none is named', async () => {
    const { run, requests, answered, refused } = setUp(['S11'], 'nameless');
    await run(names(16));
    expect(refused).toEqual([['S11', 'refused', false]]);
    expect(answered.toSorted()).toEqual(
      names(16)
        .filter((name) => name !== 'S11')
        .toSorted(),
    );
    expect(requests.length).toBe(9);
  });

  it('halves when the named symbol is not in the batch, instead of dropping or asking for ever', async () => {
    const { run, answered, refused } = setUp(['S1'], 'wrong');
    await run(names(4));
    expect(answered).toEqual(['S0', 'S2', 'S3']);
    expect(refused).toEqual([['S1', 'invalid symbol', false]]);
  });

  it.each(['network', 'server_error', 'rate_limited', 'unauthorized', 'circuit_open'] as const)(
    'passes %s on at once and refuses nobody',
    async (code) => {
      const refused: string[] = [];
      let requests = 0;
      const failing = isolate(
        ['A', 'B'].map((name) => name as MarketSymbol),
        {
          ask: () => {
            requests += 1;
            return Promise.reject(new FleeceError(code, code));
          },
          refuse: (symbol) => void refused.push(symbol),
        },
      );
      await expect(failing).rejects.toMatchObject({ code });
      expect([requests, refused]).toEqual([1, []]);
    },
  );

  it('refuses the culprits and them alone, and gets an answer for everyone else once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat({ max: 59 }), { maxLength: 8 }),
        fc.array(fc.constantFrom<Naming>('named', 'nameless', 'wrong'), { minLength: 1, maxLength: 12 }),
        async (count, culprits, namings) => {
          const all = names(count);
          const bad = [...new Set(culprits.map((at) => `S${at}`))].filter((name) => all.includes(name));
          const { run, answered, refused, requests } = setUp(
            bad,
            (request) => namings[request % namings.length] ?? 'named',
          );
          await run(all);
          expect(refused.map(([symbol]) => symbol).toSorted()).toEqual(bad.toSorted());
          expect(answered.toSorted()).toEqual(all.filter((name) => !bad.includes(name)).toSorted());
          const depth = Math.ceil(Math.log2(count)) + 1;
          expect(requests.length).toBeLessThanOrEqual(1 + bad.length * (2 * depth + 1));
        },
      ),
    );
  });
});
