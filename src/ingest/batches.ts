import { pack } from '../plan/pack.ts';
import { isCryptoPair, type MarketSymbol } from '../market/symbol.ts';
import type { SymbolState } from './roster.ts';

export interface BatchLimits {
  readonly batchSize: number;
  readonly maxListBytes: number;
}

/**
 * The batches of a pass. Symbols whose batch failed while others succeeded are packed in halves, quarters and
 * at last alone, so that one that makes the service fail ends up costing itself only. Stocks and crypto pairs
 * have different endpoints and never share a batch.
 */
export function batchesOf(states: readonly SymbolState[], limits: BatchLimits): MarketSymbol[][] {
  const groups = new Map<string, SymbolState[]>();
  for (const state of states) {
    const size = sizeFor(state, limits.batchSize);
    const key = `${isCryptoPair(state.symbol) ? 'crypto' : 'stock'} ${size}`;
    const group = groups.get(key);
    if (group) group.push(state);
    else groups.set(key, [state]);
  }
  return [...groups.values()].flatMap((group) => packGroup(group, limits));
}

function sizeFor(state: SymbolState, batchSize: number): number {
  return Math.max(1, batchSize >> Math.min(state.failures, 16));
}

function packGroup(group: readonly SymbolState[], limits: BatchLimits): MarketSymbol[][] {
  const [first] = group;
  if (!first) return [];
  const maxSymbols = sizeFor(first, limits.batchSize);
  return pack(
    group.map((state) => state.symbol),
    { maxSymbols, maxBytes: limits.maxListBytes },
  );
}
