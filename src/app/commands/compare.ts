import type { Question } from '../../ingest/cut.ts';
import { isolate } from '../../ingest/isolate.ts';
import { type Bar, type BarRow, sameValues, toBar } from '../../market/bar.ts';
import type { BarSource } from '../../market/bar-source.ts';
import type { Feed } from '../../market/feed.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import type { DuckDbStore } from '../../store/duckdb-store.ts';
import { readNewest } from '../../store/newest-bars.ts';
import { addMinutes, type EpochMinute } from '../../time/minute.ts';
import type { MarketHours } from '../market-hours.ts';

/** A minute in which the store and the service say different things. */
export interface Difference {
  readonly symbol: MarketSymbol;
  readonly minute: EpochMinute;
  readonly feed: Feed;
  /** `missing`: only the service has a bar. `gone`: only the store has one. `differs`: the values differ. */
  readonly kind: 'missing' | 'gone' | 'differs';
  readonly here: BarRow | undefined;
  readonly there: Bar | undefined;
}

export interface CompareOptions {
  readonly store: DuckDbStore;
  readonly source: BarSource;
  readonly hours: MarketHours;
  readonly signal: AbortSignal;
  /** Which stored bars are to be compared. */
  readonly isMeant: (bar: Bar) => boolean;
  /** True where a bar that only the service has is a difference. */
  readonly isOwed: (symbol: MarketSymbol, minute: EpochMinute) => boolean;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Stored bars that were compared, with the answer or with its lack of them. */
  readonly compared: number;
  readonly refused: ReadonlyMap<MarketSymbol, string>;
}

/** Ask the service a question again, and compare its answer with what is stored, bar by bar. */
export async function compare(question: Question, options: CompareOptions): Promise<Comparison> {
  const refused = new Map<MarketSymbol, string>();
  const differences: Difference[] = [];
  let compared = 0;
  await isolate(question.symbols, {
    ask: async (symbols) => {
      const found = await compareWhole({ ...question, symbols }, options);
      differences.push(...found.differences);
      compared += found.compared;
    },
    refuse: (symbol, reason) => refused.set(symbol, reason),
  });
  return { differences, compared, refused };
}

async function compareWhole(
  question: Question,
  options: CompareOptions,
): Promise<Pick<Comparison, 'differences' | 'compared'>> {
  const { symbols, start, end, feed } = question;
  const { store, source, hours, signal, isMeant, isOwed } = options;
  const stored = new Map<string, Bar>();
  const left = new Map<string, Bar>();
  for (const bar of await readNewest(store, { from: start, to: addMinutes(end, 1) }, symbols)) {
    if (!hours.isOpen(bar.minute, bar.symbol)) continue;
    stored.set(placeOf(bar.symbol, bar.minute), bar);
    if (isMeant(bar)) left.set(placeOf(bar.symbol, bar.minute), bar);
  }
  const compared = left.size;
  const differences: Difference[] = [];
  for await (const page of source.pages(question, { lane: 'backfill', signal })) {
    for (const [symbol, rows] of page.rows)
      for (const row of rows) {
        if (row.minute < start || row.minute > end) continue;
        const place = placeOf(symbol, row.minute);
        const here = left.get(place);
        left.delete(place);
        const there = toBar(symbol, row, { feed, receivedAt: page.receivedAt, version: 1 });
        const found = { symbol, minute: row.minute, feed, there };
        if (here) {
          if (!sameValues(here, row)) differences.push({ ...found, kind: 'differs', here });
        } else if (isOwed(symbol, row.minute) && !answersFor(stored.get(place), feed)) {
          differences.push({ ...found, kind: 'missing', here: undefined });
        }
      }
  }
  for (const here of left.values())
    differences.push({
      symbol: here.symbol,
      minute: here.minute,
      feed,
      kind: 'gone',
      here,
      there: undefined,
    });
  return { differences, compared };
}

/** A stored bar of the same feed, or of the consolidated tape, leaves nothing to miss. */
function answersFor(bar: Bar | undefined, feed: Feed): boolean {
  return bar !== undefined && (bar.feed === feed || bar.feed === 'sip');
}

function placeOf(symbol: MarketSymbol, minute: EpochMinute): string {
  return `${symbol} ${minute}`;
}
