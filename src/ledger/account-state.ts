import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { Account } from './account.ts';
import { covers, type Stretch } from './account-stretch.ts';

/**
 * The state of a (symbol, minute); its place in this list is its code in a state row.
 * `none`: not over yet, or the market was closed.
 * `bar`: there is a bar. `quiet`: asked after the settle time, and there is none.
 * `pending`: over, but young enough for live polling to settle it. `missing`: older than that and never asked.
 * `quarantined`: not asked because the service refuses the symbol.
 */
export const minuteStates = ['none', 'bar', 'quiet', 'pending', 'missing', 'quarantined'] as const;
export type MinuteState = (typeof minuteStates)[number];

/** What the state of a minute depends on besides the account. */
export interface StateContext {
  /** The last minute that is over. */
  readonly closedThrough: EpochMinute;
  /** The first minute that live polling still settles. */
  readonly liveFrom: EpochMinute;
  /** Since when a symbol is quarantined; undefined when it is not. */
  quarantinedSince?(symbol: MarketSymbol): EpochMinute | undefined;
  /** False in minutes in which the symbol's market is closed. */
  isOpen?(minute: EpochMinute, symbol: MarketSymbol): boolean;
}

/**
 * The states of one symbol in `window`, one byte a minute, each a place in `minuteStates`.
 *
 * @param marks One byte a minute of the same window, not 0 where there is a bar.
 */
export function stateRow(
  account: Account,
  symbol: MarketSymbol,
  window: Stretch,
  marks: Uint8Array | undefined,
  context: StateContext,
): Uint8Array {
  const row = new Uint8Array(Math.max(0, window.to - window.from));
  const coverage = account.coverage(symbol);
  const refusedSince = context.quarantinedSince?.(symbol) ?? Number.POSITIVE_INFINITY;
  for (let at = 0; at < row.length; at++) {
    const minute = (window.from + at) as EpochMinute;
    row[at] = minuteStates.indexOf(state(minute, marks?.[at] === 1));
  }
  return row;

  function state(minute: EpochMinute, hasBar: boolean): MinuteState {
    if (hasBar) return 'bar';
    if (minute > context.closedThrough || context.isOpen?.(minute, symbol) === false) return 'none';
    if (covers(coverage, minute)) return 'quiet';
    if (minute >= refusedSince) return 'quarantined';
    return minute >= context.liveFrom ? 'pending' : 'missing';
  }
}

/** How many minutes of a state row are in each state. */
export function countStates(row: Uint8Array): Record<MinuteState, number> {
  const counts = { none: 0, bar: 0, quiet: 0, pending: 0, missing: 0, quarantined: 0 };
  for (const code of row) counts[minuteStates[code] ?? 'none'] += 1;
  return counts;
}
