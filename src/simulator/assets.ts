import type { Ask } from './endpoint.ts';
import { refuse } from './exchange.ts';
import { fraction, hash, hashText } from './hash.ts';
import { knownSymbols } from './known-symbols.ts';
import type { Market } from './market.ts';
import { isStockSymbol } from './symbol-grammar.ts';

/** An asset with the fields that the service documents. */
interface Asset {
  readonly id: string;
  readonly class: 'us_equity' | 'crypto';
  readonly exchange: string;
  readonly symbol: string;
  readonly name: string;
  readonly status: 'active' | 'inactive';
  readonly tradable: boolean;
  readonly marginable: boolean;
  readonly maintenance_margin_requirement: number;
  readonly margin_requirement_long: string;
  readonly margin_requirement_short: string;
  readonly shortable: boolean;
  readonly easy_to_borrow: boolean;
  readonly borrow_status?: 'easy_to_borrow' | 'hard_to_borrow';
  readonly fractionable: boolean;
  readonly attributes: readonly string[];
}

const lists = new WeakMap<Market, readonly Asset[]>();

/** GET /v2/assets: one list without pages, by class, exchange and symbol. */
export function assets({ market, query }: Ask): string {
  const status = query.get('status');
  const kind = query.get('asset_class') ?? 'us_equity';
  const exchange = query.get('exchange');
  const attributes = query.get('attributes')?.split(',');
  const found = assetsOf(market).filter(
    (asset) =>
      asset.class === kind &&
      (status === null || asset.status === status) &&
      (exchange === null || asset.exchange === exchange) &&
      (!attributes || attributes.some((name) => asset.attributes.includes(name))),
  );
  return JSON.stringify(found);
}

/** GET /v2/assets/{symbol_or_asset_id} */
export function assetOfOne({ market }: Ask, name: string): string {
  const asset = assetsOf(market).find(
    ({ symbol, id }) => symbol === name || symbol.replace('/', '') === name || id === name,
  );
  if (!asset) throw refuse(404, `asset not found for ${name.slice(0, 100)}`, 40410000);
  return JSON.stringify(asset);
}

function assetsOf(market: Market): readonly Asset[] {
  let list = lists.get(market);
  if (!list) {
    const famous = new Set(knownSymbols);
    list = [
      ...market.symbols.map((symbol) => equity(symbol, famous.has(symbol))),
      ...withoutData(market),
      ...market.pairs.map(pairAsset),
    ].sort(byClassExchangeSymbol);
    lists.set(market, list);
  }
  return list;
}

/**
 * Assets that the data endpoints refuse or have nothing for, as the real list has them: preferred shares
 * (active) and names of CUSIP form (inactive). One in a hundred each.
 */
function withoutData(market: Market): Asset[] {
  const extra: Asset[] = [];
  for (let index = 49; index < market.symbols.length; index += 100) {
    const root = (market.symbols[index] ?? 'X').split('.')[0] ?? 'X';
    extra.push(equity(`${root}.PRA`, false));
    const bits = hash(0xc051, index);
    const cusip = `${String(bits % 10_000_000).padStart(7, '0')}E0`;
    extra.push({ ...equity(cusip, false), status: 'inactive', tradable: false, exchange: 'OTC' });
  }
  return extra;
}

function equity(symbol: string, famous: boolean): Asset {
  const bits = hashText(0xa55e7, symbol);
  const venues = ['NASDAQ', 'NYSE', 'ARCA', 'NASDAQ', 'NYSE', 'AMEX', 'BATS', 'NASDAQ'] as const;
  const easy = famous || fraction(hash(bits, 1)) < 0.7;
  const margin = famous ? 30 : 50;
  return {
    id: idOf(bits),
    class: 'us_equity',
    exchange: venues[bits % venues.length] ?? 'NYSE',
    symbol,
    name: isStockSymbol(symbol) ? `${symbol} Simulated Common Stock` : `${symbol} Simulated Security`,
    status: 'active',
    tradable: true,
    marginable: true,
    maintenance_margin_requirement: margin,
    margin_requirement_long: String(margin),
    margin_requirement_short: String(margin),
    shortable: easy,
    easy_to_borrow: easy,
    borrow_status: easy ? 'easy_to_borrow' : 'hard_to_borrow',
    fractionable: easy,
    attributes: famous ? ['fractional_eh_enabled', 'has_options', 'overnight_tradable'] : [],
  };
}

function pairAsset(symbol: string): Asset {
  return {
    id: idOf(hashText(0xc4, symbol)),
    class: 'crypto',
    exchange: 'CRYPTO',
    symbol,
    name: `${symbol.replace('/', ' / ')} simulated`,
    status: 'active',
    tradable: true,
    marginable: false,
    maintenance_margin_requirement: 100,
    margin_requirement_long: '100',
    margin_requirement_short: '100',
    shortable: false,
    easy_to_borrow: false,
    fractionable: true,
    attributes: [],
  };
}

/** A UUID of the form of version 4. */
function idOf(bits: number): string {
  const hex = [1, 2, 3, 4].map((part) => hash(bits, part).toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function byClassExchangeSymbol(a: Asset, b: Asset): number {
  return compare(a.class, b.class) || compare(a.exchange, b.exchange) || compare(a.symbol, b.symbol);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
