import type { Roster } from '../../ingest/roster.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { Bar } from '../../market/bar.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { BarCursor, BarStore, QuarantineEntry } from '../../store/bar-store.ts';
import type { SymbolSet } from '../../universe/symbol-set.ts';
import type { Clock } from '../../time/clock.ts';
import { type EpochMinute, minuteOf } from '../../time/minute.ts';

const pageSize = 10_000;

/** A ledger that knows the bars which earlier runs have kept of the minutes from `from` on. */
export async function seedLedger(
  store: BarStore,
  symbols: readonly MarketSymbol[],
  from: EpochMinute,
  clock: Clock,
): Promise<Ledger> {
  const ledger = new Ledger();
  const bars: Bar[] = [];
  let after: BarCursor | null = null;
  do {
    const page: Awaited<ReturnType<BarStore['read']>> = await store.read({
      symbols,
      start: from,
      end: minuteOf(clock.now()),
      limit: pageSize,
      ...(after && { after }),
    });
    // Only the values count for the ledger; the store numbers versions itself.
    for (const bar of page.bars) bars.push({ ...bar, type: 'bar', feed: 'iex', receivedAt: 0, version: 1 });
    after = page.next;
  } while (after);
  ledger.seed(bars);
  return ledger;
}

/** Every minute of a symbol is owed from the first run that names it; symbols that this one does not name are let go. */
export async function watchUniverse(store: BarStore, universe: SymbolSet, since: EpochMinute): Promise<void> {
  const { watchedSince } = store.memory;
  const symbols = universe.symbols.filter((symbol) => !watchedSince.has(symbol));
  const unwatch = [...watchedSince.keys()].filter((symbol) => !universe.has(symbol));
  if (symbols.length + unwatch.length > 0) await store.commit({ watch: [{ symbols, since }], unwatch });
}

/** Symbols that an earlier run has set aside stay aside until their time has come. */
export function restoreQuarantine(roster: Roster, entries: Iterable<QuarantineEntry>): void {
  for (const { symbol, reason, since, nextLook } of entries) {
    const state = roster.get(symbol);
    if (state) state.quarantine = { reason, since, until: nextLook, times: 1 };
  }
}
