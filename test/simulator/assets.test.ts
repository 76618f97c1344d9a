import { describe, expect, it } from 'vitest';
import { converse } from './conversation.ts';

interface Asset {
  readonly id: string;
  readonly symbol: string;
  readonly class: string;
  readonly exchange: string;
  readonly status: string;
  readonly attributes: readonly string[];
}

const simulator = converse({ symbols: 1_000 }, { rateLimit: 'off' });
const list = (query = '') => simulator.json(`/v2/assets?${query}`) as Asset[];

describe('assets', () => {
  it('are one list of every symbol of the market, however many', () => {
    const symbols = new Set(list().map(({ symbol }) => symbol));
    expect(simulator.market.symbols.filter((symbol) => !symbols.has(symbol))).toEqual([]);
  });

  it('come by exchange, then by symbol, each with its own id', () => {
    const all = list();
    const order = all.map(({ exchange, symbol }) => `${exchange} ${symbol}`);
    expect(order).toEqual(order.toSorted());
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it('hold names that the data endpoints refuse, as the real list does', () => {
    const refused = list('status=active').filter(
      ({ symbol }) => simulator.ask(`/v2/stocks/bars/latest?symbols=${symbol}`).status === 400,
    );
    expect(refused.length).toBeGreaterThan(5);
    expect(refused.every(({ symbol }) => symbol.endsWith('.PRA'))).toBe(true);
  });

  it('can be asked for by status, class, exchange and attribute', () => {
    expect(list('status=inactive').length).toBeGreaterThan(5);
    expect(list('asset_class=crypto').map(({ symbol }) => symbol)).toContain('BTC/USD');
    expect(new Set(list('exchange=NYSE').map(({ exchange }) => exchange))).toEqual(new Set(['NYSE']));
    expect(list('attributes=has_options').every(({ attributes }) => attributes.includes('has_options'))).toBe(
      true,
    );
    expect(list('attributes=has_options').length).toBeGreaterThan(50);
  });

  it('can be asked for one by one: by symbol, by id, and a pair with or without its slash', () => {
    const apple = simulator.json('/v2/assets/AAPL') as Asset;
    expect(simulator.json(`/v2/assets/${apple.id}`)).toEqual(apple);
    expect(simulator.json('/v2/assets/BTC%2FUSD')).toEqual(simulator.json('/v2/assets/BTCUSD'));
  });
});
