import type { BarRow } from '../../market/bar.ts';
import type { BarSource } from '../../market/bar-source.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { MarketHours } from '../market-hours.ts';

/** `source` without the bars of hours that were not asked for: a window over several days has nights in it. */
export function inSession(source: BarSource, hours: MarketHours): BarSource {
  return {
    pages: async function* (query, options) {
      for await (const page of source.pages(query, options)) {
        const rows = new Map<MarketSymbol, readonly BarRow[]>();
        for (const [symbol, all] of page.rows)
          rows.set(
            symbol,
            all.filter(({ minute }) => hours.isOpen(minute, symbol)),
          );
        yield { ...page, rows };
      }
    },
  };
}
