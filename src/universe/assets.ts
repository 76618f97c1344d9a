import { FleeceError } from '../errors.ts';
import { type MarketSymbol, symbolFault } from '../market/symbol.ts';

/** What came of a `/v2/assets` body. The counts add up to the number of its entries. */
export interface AssetSelection {
  /** The symbols to ask for, sorted, each once. */
  readonly symbols: readonly MarketSymbol[];
  /** Entries that are inactive, or no US equity. */
  readonly otherAssets: number;
  /** Active equities whose name the data endpoints refuse or cannot hold: CUSIP-like names, names with digits. */
  readonly unaskable: readonly string[];
  /** Entries without the fields of an asset, or that name a symbol again. */
  readonly unusable: number;
}

interface Asset {
  readonly symbol: string;
  readonly status: string;
  readonly class: string;
}

/**
 * The symbols of a `/v2/assets` body that are worth asking for on the data endpoints. Names that are only
 * doubtful (`BRK-B`) stay: the service names the ones it refuses, and they are quarantined one by one.
 *
 * @throws FleeceError `bad_response` when the body is not an array of assets.
 */
export function filterAssets(body: unknown): AssetSelection {
  if (!Array.isArray(body)) {
    throw new FleeceError('bad_response', 'the answer of /v2/assets is not an array of assets');
  }
  const assets = body.filter(isAsset);
  if (assets.length === 0 && body.length > 0) {
    throw new FleeceError(
      'bad_response',
      'no entry of the answer of /v2/assets has the fields "symbol", "status" and "class"',
    );
  }
  const equities = assets.filter((asset) => asset.status === 'active' && asset.class === 'us_equity');
  const names = new Set(equities.map((asset) => asset.symbol));
  const symbols = [...names].filter(isAskable);
  return {
    symbols: symbols.sort(),
    otherAssets: assets.length - equities.length,
    unaskable: [...names].filter((name) => !isAskable(name)),
    unusable: body.length - assets.length + (equities.length - names.size),
  };
}

function isAsset(entry: unknown): entry is Asset {
  if (typeof entry !== 'object' || entry === null) return false;
  const { symbol, status, class: assetClass } = entry as Record<string, unknown>;
  return typeof symbol === 'string' && typeof status === 'string' && typeof assetClass === 'string';
}

/** No exchange lists a ticker with a digit; the service answers 400 to the whole request that holds one. */
function isAskable(symbol: string): symbol is MarketSymbol {
  return symbolFault(symbol) === undefined && !/\d/.test(symbol);
}
