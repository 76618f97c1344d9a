import { fetchAssets } from '../alpaca/assets.ts';
import type { AlpacaHost } from '../alpaca/request.ts';
import type { RetryPolicy } from '../alpaca/retry.ts';
import { FleeceError } from '../errors.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { Log } from '../telemetry/log.ts';
import { filterAssets } from '../universe/assets.ts';
import { sp500 } from '../universe/sp500.ts';
import { parseSymbolArguments } from '../universe/symbol-list.ts';
import { SymbolSet } from '../universe/symbol-set.ts';
import { type ReadFile, readSymbolsFile, stdinPath } from '../universe/symbols-file.ts';
import type { Settings } from './config/settings.ts';

export interface SelectionContext {
  /** Symbols named on the command line or by the caller. */
  readonly named: readonly string[];
  readonly settings: Pick<Settings, 'symbols' | 'symbolsFile' | 'universe'>;
  readonly readFile: ReadFile;
  /** The trading service, asked only for `--universe assets`. */
  readonly trading: () => { readonly host: AlpacaHost; readonly retry: RetryPolicy };
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/**
 * The universe of a run: the union of what is named, what a file lists and what a universe holds.
 *
 * @throws FleeceError `usage` when nothing is selected, or a list is wrong.
 */
export async function selectSymbols(context: SelectionContext): Promise<SymbolSet> {
  const { named, settings, readFile, log } = context;
  const texts = [...named, ...(settings.symbols?.split(',').map((text) => text.trim()) ?? [])];
  const symbols: MarketSymbol[] = [];
  if (texts.length > 0) symbols.push(...parseSymbolArguments(texts).symbols);
  if (settings.symbolsFile !== undefined) {
    const list = await readSymbolsFile(
      settings.symbolsFile === '-' ? stdinPath : settings.symbolsFile,
      readFile,
    );
    if (list.duplicates > 0)
      log.warn('symbols that stand twice are polled once', { duplicates: list.duplicates });
    symbols.push(...list.symbols);
  }
  if (settings.universe === 'sp500') symbols.push(...sp500);
  if (settings.universe === 'assets') symbols.push(...(await assetSymbols(context)));
  const set = new SymbolSet(symbols);
  if (set.size > 0) return set;
  throw new FleeceError(
    'usage',
    'no symbols: name some (AAPL MSFT BRK.B), or use --symbols-file FILE, or --universe assets|sp500',
  );
}

async function assetSymbols({ trading, log, signal }: SelectionContext): Promise<readonly MarketSymbol[]> {
  const { host, retry } = trading();
  const body = await fetchAssets(host, retry, { lane: 'live', ...(signal && { signal }) });
  const selection = filterAssets(body);
  log.info('assets of the service', {
    symbols: selection.symbols.length,
    unaskable: selection.unaskable.length,
    otherAssets: selection.otherAssets,
  });
  return selection.symbols;
}
