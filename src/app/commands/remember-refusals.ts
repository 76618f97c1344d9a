import { FleeceError, isFleeceError } from '../../errors.ts';
import type { BarSource } from '../../market/bar-source.ts';

/**
 * `source`, which asks for a symbol that the service has refused no second time: it fails for it at once, as the
 * service would. Questions under way at a time then pay one request for a malformed symbol, not one each.
 */
export function rememberRefusals(source: BarSource): BarSource {
  const refusals = new Map<string, FleeceError>();
  return {
    pages: async function* (query, options) {
      for (const symbol of query.symbols) {
        const refusal = refusals.get(symbol);
        if (refusal) throw new FleeceError(refusal.code, refusal.message, { symbol });
      }
      try {
        yield* source.pages(query, options);
      } catch (error) {
        if (isFleeceError(error) && error.code === 'invalid_symbol' && error.symbol !== undefined)
          refusals.set(error.symbol, error);
        throw error;
      }
    },
  };
}
