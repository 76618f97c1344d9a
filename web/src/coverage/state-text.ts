import type { CellState } from '../../../src/gateway/dashboard/contract.ts';
import type { CoverageMap } from '../model/coverage-map.ts';
import { minuteText } from '../model/time-text.ts';
import type { Kind } from './paint.ts';

/** What each state means, in one line. */
export const stateTexts: Readonly<Record<CellState, string>> = {
  none: 'not over yet, or before Fleece first asked, or the market was closed',
  bar: 'there is a bar',
  quiet: 'asked after it had settled: nobody traded',
  pending: 'over, and still being polled',
  missing: 'not asked yet: a gap',
  quarantined: 'not asked: the service refuses the symbol',
};

export const kindNames: Readonly<Record<Kind, string>> = {
  none: 'not yet',
  bar: 'bar',
  healed: 'healed bar',
  quiet: 'quiet',
  pending: 'pending',
  missing: 'missing',
  quarantined: 'quarantined',
};

export function describeCell(map: CoverageMap, row: number, column: number): string {
  const { state, healed } = map.stateAt(row, column);
  const symbol = map.symbols[row] ?? '';
  return `${symbol} ${minuteText(map.header.from + column)} ET: ${state === 'none' ? stateTexts.none : state}${healed ? ', confirmed by the consolidated tape' : ''}`;
}
