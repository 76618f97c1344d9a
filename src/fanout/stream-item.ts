import { type Bar, type BarRow, streamKind } from '../market/bar.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';

/** The types of bar in Alpaca's stream: first sight, correction, the day so far. */
export type BarKind = 'b' | 'u' | 'd';

/** A bar on its way to subscribers. */
export interface StreamItem {
  readonly kind: BarKind;
  readonly symbol: MarketSymbol;
  readonly row: BarRow;
  /** When the answer that held it was read. */
  readonly receivedAt: EpochMs;
}

/** A ledger's delivery as it goes out. */
export function toItem(bar: Bar): StreamItem {
  return { kind: streamKind(bar), symbol: bar.symbol, row: bar, receivedAt: bar.receivedAt };
}

/** A bar of the consolidated tape in the place of another feed's: for its readers it is a correction. */
export function toHealed(bar: Bar): StreamItem {
  return { ...toItem(bar), kind: 'u' };
}

/** What names the bar that later versions replace: they are the same bar when this is the same text. */
export function keyOf(item: StreamItem): string {
  return `${item.kind === 'd' ? 'd' : 'm'}${item.row.minute}${item.symbol}`;
}
