import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { filterAssets } from '../../src/universe/assets.ts';

const equity = { class: 'us_equity', status: 'active', tradable: true };

describe('the assets worth asking for', () => {
  it('are the active US equities, sorted', () => {
    const body = [
      { ...equity, symbol: 'MSFT' },
      { ...equity, symbol: 'AAPL', tradable: false },
      { ...equity, symbol: 'OLD', status: 'inactive' },
      { ...equity, symbol: 'BTC/USD', class: 'crypto' },
      { ...equity, symbol: 'MSFT' },
    ];
    expect(filterAssets(body)).toEqual({
      symbols: ['AAPL', 'MSFT'],
      otherAssets: 2,
      unaskable: [],
      unusable: 1,
    });
  });

  it('leave out CUSIP-like names and names with digits, and keep doubtful ones', () => {
    const names = ['0029900E0', 'GME1', 'UI2T', 'BRK-B', 'BRK.B', 'AAC.WS', 'ACP.PA', 'X'.repeat(40), 'A B'];
    const { symbols, unaskable } = filterAssets(names.map((symbol) => ({ ...equity, symbol })));
    expect(symbols).toEqual(['AAC.WS', 'ACP.PA', 'BRK-B', 'BRK.B']);
    expect(unaskable).toEqual(['0029900E0', 'GME1', 'UI2T', 'X'.repeat(40), 'A B']);
  });

  it('survive entries that are no assets', () => {
    const { symbols, unusable } = filterAssets([null, 7, 'x', {}, { symbol: 5 }, { ...equity, symbol: 'A' }]);
    expect(symbols).toEqual(['A']);
    expect(unusable).toBe(5);
  });

  it.each([{ message: 'forbidden.' }, null, 'html', [1, 2]])('are not looked for in %j', (body) => {
    expect(() => filterAssets(body)).toThrow(expect.objectContaining({ code: 'bad_response' }));
  });

  it('are none in an empty answer', () => {
    expect(filterAssets([]).symbols).toEqual([]);
  });

  const recorded = new URL('../../../shared/data/universe/alpaca-assets-2019-07-09.json.gz', import.meta.url);
  it.skipIf(!existsSync(recorded))('are found in a recorded body (needs ../shared/data/universe/)', () => {
    const body = JSON.parse(gunzipSync(readFileSync(recorded)).toString('utf8')) as unknown[];
    const { symbols, otherAssets, unaskable, unusable } = filterAssets(body);
    expect(symbols.length + otherAssets + unaskable.length + unusable).toBe(body.length);
    expect(symbols.length).toBeGreaterThan(7_000);
    expect(symbols).toContain('BRK.B');
  });
});
