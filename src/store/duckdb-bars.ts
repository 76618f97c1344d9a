import type { DuckDBConnection } from '@duckdb/node-api';
import type { Bar } from '../market/bar.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { CommitResult } from './bar-store.ts';
import { appendBars } from './duckdb-append.ts';
import { minuteValue } from './duckdb-value.ts';
import type { Frontier } from './frontier.ts';

/** Enter bars inside the writer's open transaction. */
export async function writeBars(
  writer: DuckDBConnection,
  bars: readonly Bar[],
  frontier: Frontier,
): Promise<CommitResult> {
  const { beyond, behind } = frontier.part(bars);
  if (beyond.length > 0) await appendBars(writer, 'bars', beyond);
  const total = { added: beyond.length, revised: 0, late: 0, unchanged: 0 };
  for (const round of roundsOf(behind)) {
    const result = await writeRound(writer, round);
    total.added += result.added;
    total.revised += result.revised;
    total.late += result.late;
    total.unchanged += result.unchanged;
  }
  return total;
}

/**
 * Bars in rounds that hold each (symbol, minute) once, because nothing else in the tables keeps two versions
 * of one minute apart. Nearly always that is one round.
 */
function roundsOf(bars: readonly Bar[]): (readonly Bar[])[] {
  if (isAscending(bars)) return bars.length === 0 ? [] : [bars];
  const rounds: Bar[][] = [];
  const met = new Map<string, Map<EpochMinute, number>>();
  for (const bar of bars) {
    let minutes = met.get(bar.symbol);
    if (!minutes) {
      minutes = new Map();
      met.set(bar.symbol, minutes);
    }
    const at = minutes.get(bar.minute) ?? 0;
    minutes.set(bar.minute, at + 1);
    const round = rounds[at];
    if (round) round.push(bar);
    else rounds.push([bar]);
  }
  return rounds;
}

/** True when the minutes of each symbol ascend, as they do in an answer: then no minute is there twice. */
function isAscending(bars: readonly Bar[]): boolean {
  const last = new Map<string, EpochMinute>();
  for (const { symbol, minute } of bars) {
    if ((last.get(symbol) ?? Number.NEGATIVE_INFINITY) >= minute) return false;
    last.set(symbol, minute);
  }
  return true;
}

async function writeRound(writer: DuckDBConnection, bars: readonly Bar[]): Promise<CommitResult> {
  await writer.run(stageSql);
  await appendBars(writer, 'stage', bars);
  const bounds = boundsOf(bars);
  await writer.run(meetSql, bounds);
  const counts = new Map(
    (await writer.runAndReadAll('SELECT verdict, count(*)::INTEGER FROM met GROUP BY ALL'))
      .getRows()
      .map(([verdict, count]) => [String(verdict), Number(count)]),
  );
  const unchanged = counts.get('unchanged') ?? 0;
  const revised = counts.get('revised') ?? 0;
  const late = counts.get('late') ?? 0;
  const added = bars.length - unchanged - revised - late;
  if (added > 0) await writer.run(added === bars.length ? addAllSql : addSql);
  if (revised > 0) {
    await writer.run(keepReplacedSql);
    await writer.run(removeReplacedSql, bounds);
    await writer.run(addRevisionsSql, bounds);
  }
  // A late bar that repeats the last one of its feed is not kept a second time.
  const kept = late > 0 ? (await writer.run(keepLateSql, bounds)).rowsChanged : 0;
  return { added, revised, late: kept, unchanged: unchanged + late - kept };
}

/** What encloses the bars: with it, a scan skips all row groups of other times and other symbols. */
function boundsOf(bars: readonly Bar[]) {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let low: string = bars[0]?.symbol ?? '';
  let high = low;
  for (const { symbol, minute } of bars) {
    if (minute < first) first = minute;
    if (minute > last) last = minute;
    if (symbol < low) low = symbol;
    else if (symbol > high) high = symbol;
  }
  return { first: minuteValue(first as EpochMinute), last: minuteValue(last as EpochMinute), low, high };
}

const within = (table: string) =>
  `${table}.minute BETWEEN $first AND $last AND ${table}.symbol BETWEEN $low AND $high`;

const sameValues = (a: string, b: string) =>
  ['o', 'h', 'l', 'c', 'v', 'n', 'vw'].map((column) => `${a}.${column} = ${b}.${column}`).join(' AND ');

/**
 * The tables that a batch passes through are made anew for each: what is deleted from a temporary table stays in
 * memory, and then on the disk, for as long as the table is there.
 */
const stageSql = 'CREATE OR REPLACE TEMP TABLE stage AS FROM bars LIMIT 0';

/** The bars whose minute is there already, what is to become of them, and what a revision replaces. */
const meetSql = `
  CREATE OR REPLACE TEMP TABLE met AS
  SELECT s.* REPLACE (b.version + 1 AS version),
    CASE
      WHEN b.feed = s.feed AND ${sameValues('b', 's')} THEN 'unchanged'
      WHEN feed_rank(b.feed) > feed_rank(s.feed) THEN 'late'
      ELSE 'revised'
    END AS verdict,
    CASE WHEN verdict = 'revised' THEN b END AS old
  FROM stage s
  JOIN (FROM bars WHERE ${within('bars')}) b ON b.symbol = s.symbol AND b.minute = s.minute`;

const addAllSql = 'INSERT INTO bars FROM stage';

const addSql = `
  INSERT INTO bars FROM stage s ANTI JOIN met m ON m.symbol = s.symbol AND m.minute = s.minute`;

/** The highest version of each minute in the history. */
const topSql = `
  SELECT symbol, minute, max(version) AS version FROM bar_history WHERE ${within('bar_history')} GROUP BY ALL`;

const keepReplacedSql = `INSERT INTO bar_history SELECT old.* FROM met WHERE verdict = 'revised'`;

const removeReplacedSql = `
  DELETE FROM bars b USING met s
  WHERE b.symbol = s.symbol AND b.minute = s.minute AND s.verdict = 'revised' AND ${within('b')}`;

/** With the number after all versions of its minute: the one that it replaces is in the history by now. */
const addRevisionsSql = `
  INSERT INTO bars SELECT s.* EXCLUDE (verdict, old) REPLACE (t.version + 1 AS version)
  FROM met s JOIN (${topSql}) t ON t.symbol = s.symbol AND t.minute = s.minute
  WHERE s.verdict = 'revised'`;

const keepLateSql = `
  INSERT INTO bar_history
  WITH last AS (
    FROM bar_history WHERE ${within('bar_history')}
    QUALIFY row_number() OVER (PARTITION BY symbol, minute, feed ORDER BY version DESC) = 1
  )
  SELECT s.* EXCLUDE (verdict, old) REPLACE (greatest(s.version, coalesce(t.version, 0) + 1) AS version)
  FROM met s
  LEFT JOIN (${topSql}) t ON t.symbol = s.symbol AND t.minute = s.minute
  LEFT JOIN last k ON k.symbol = s.symbol AND k.minute = s.minute AND k.feed = s.feed
  WHERE s.verdict = 'late' AND (k.symbol IS NULL OR NOT (${sameValues('k', 's')}))`;
