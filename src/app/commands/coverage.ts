import { countStates, type MinuteState, stateRow } from '../../ledger/account-state.ts';
import type { Stretch } from '../../ledger/account-stretch.ts';
import { isCryptoPair, type MarketSymbol } from '../../market/symbol.ts';
import type { DuckDbStore } from '../../store/duckdb-store.ts';
import type { EpochMs } from '../../time/clock.ts';
import { addMinutes, lastClosed, minuteOf, openFrom } from '../../time/minute.ts';
import type { MinuteRun } from '../../time/session.ts';
import type { MarketHours } from '../market-hours.ts';

export interface CoverageInput {
  readonly store: DuckDbStore;
  readonly symbols: readonly MarketSymbol[];
  readonly range: Stretch;
  readonly hours: MarketHours;
  readonly now: EpochMs;
  readonly lookback: number;
  /** Minutes of one column of the heat map. */
  readonly columnMinutes: number;
}

/** What is known of one symbol on one day. */
export interface CoverageRow {
  readonly symbol: MarketSymbol;
  /** In New York. */
  readonly date: string;
  readonly bars: number;
  readonly quiet: number;
  readonly missing: number;
  readonly pending: number;
  readonly quarantined: number;
  /** Minutes that are over and known (bar or quiet), of all that are over; 100 when none is. */
  readonly percent: number;
  /** One character a column; see `heatLegend`. */
  readonly heat: string;
}

/** The characters of a heat map, in the words of a legend. */
export const heatLegend =
  '# a bar in every minute, + in half or more, - in fewer, . quiet (asked, and no bar); ' +
  '! some missing, q quarantined, ? pending; blank: closed, or not over';

/** The last minute that polling can be behind by without being late. */
const passMinutes = 2;

/** The state of every minute of some symbols and days, a row each, the worst first. */
export async function coverageRows(input: CoverageInput): Promise<CoverageRow[]> {
  const { range, hours, symbols } = input;
  const last = addMinutes(range.to, -1);
  const rows: CoverageRow[] = [];
  for (const [group, kind] of [
    [symbols.filter((symbol) => !isCryptoPair(symbol)), hours.kind],
    [symbols.filter((symbol) => isCryptoPair(symbol)), 'all'],
  ] as const) {
    if (group.length === 0) continue;
    for (const run of hours.calendar.runs(range.from, last, kind))
      rows.push(...(await dayRows(input, group, run)));
  }
  return rows.sort(
    (a, b) => a.percent - b.percent || compareText(a.date, b.date) || compareText(a.symbol, b.symbol),
  );
}

async function dayRows(
  { store, hours, now, lookback, columnMinutes }: CoverageInput,
  symbols: readonly MarketSymbol[],
  run: MinuteRun,
): Promise<CoverageRow[]> {
  const window = { from: run.from, to: addMinutes(run.to, 1) };
  const marks = await store.marks(window, symbols);
  const { account, quarantine } = store.memory;
  const context = {
    closedThrough: lastClosed(now),
    liveFrom: openFrom(now, lookback + passMinutes),
    quarantinedSince: (symbol: MarketSymbol) => {
      const entry = quarantine.get(symbol);
      return entry && minuteOf(entry.since);
    },
    isOpen: hours.isOpen.bind(hours),
  };
  return symbols.map((symbol) => {
    const states = stateRow(account, symbol, window, marks.get(symbol), context);
    const { bar, quiet, missing, pending, quarantined } = countStates(states);
    const over = bar + quiet + missing + pending + quarantined;
    return {
      symbol,
      date: run.date,
      bars: bar,
      quiet,
      missing,
      pending,
      quarantined,
      percent: over === 0 ? 100 : ((bar + quiet) / over) * 100,
      heat: heatOf(states, columnMinutes),
    };
  });
}

function heatOf(states: Uint8Array, columnMinutes: number): string {
  let heat = '';
  for (let at = 0; at < states.length; at += columnMinutes)
    heat += heatCharacter(countStates(states.subarray(at, at + columnMinutes)));
  return heat;
}

function heatCharacter(counts: Record<MinuteState, number>): string {
  const { bar, quiet, missing, pending, quarantined } = counts;
  if (missing > 0) return '!';
  if (quarantined > 0) return 'q';
  if (bar + quiet === 0) return pending > 0 ? '?' : ' ';
  if (bar === 0) return '.';
  if (quiet === 0) return '#';
  return bar >= quiet ? '+' : '-';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
