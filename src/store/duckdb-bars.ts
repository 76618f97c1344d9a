import { setImmediate } from 'node:timers/promises';
import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBTimestampTZValue,
  DOUBLE,
  INTEGER,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api';
import type { Bar } from '../market/bar.ts';
import type { EpochMs } from '../time/clock.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { CommitResult } from './bar-store.ts';
import { instantValue, minuteValue } from './duckdb-value.ts';

/** Rows of a chunk, the most that one can hold; after each, other work of the process gets its turn. */
const chunkRows = 2_048;

/** Enter bars inside the writer's open transaction. */
export async function writeBars(writer: DuckDBConnection, bars: readonly Bar[]): Promise<CommitResult> {
  const total = { added: 0, revised: 0, late: 0, unchanged: 0 };
  for (const round of roundsOf(bars)) {
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
  await stage(writer, bars);
  const bounds = boundsOf(bars);
  // A live minute meets nothing: it is spared the comparison.
  if ((await countOf(writer, meetingsSql, bounds)) === 0) {
    await writer.run('INSERT INTO bars SELECT *, 1 FROM stage');
    return { added: bars.length, revised: 0, late: 0, unchanged: 0 };
  }
  await writer.run(judgeSql, bounds);
  const counts = new Map(
    (await writer.runAndReadAll('SELECT verdict, count(*)::INTEGER FROM verdicts GROUP BY ALL'))
      .getRows()
      .map(([verdict, count]) => [String(verdict), Number(count)]),
  );
  const added = counts.get('added') ?? 0;
  if (added > 0)
    await writer.run(`INSERT INTO bars SELECT * EXCLUDE (verdict) FROM verdicts WHERE verdict = 'added'`);
  const changed = (counts.get('revised') ?? 0) + (counts.get('late') ?? 0);
  const { revised, late } = changed > 0 ? await writeChanges(writer, bounds) : { revised: 0, late: 0 };
  return { added, revised, late, unchanged: bars.length - added - revised - late };
}

async function stage(writer: DuckDBConnection, bars: readonly Bar[]): Promise<void> {
  await writer.run(stageSql);
  const appender = await writer.createAppender('stage');
  const times = new Times();
  try {
    for (let at = 0; at < bars.length; at += chunkRows) {
      if (at > 0) await setImmediate();
      appender.appendDataChunk(chunkOf(bars.slice(at, at + chunkRows), times));
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

async function countOf(
  writer: DuckDBConnection,
  sql: string,
  bounds: ReturnType<typeof boundsOf>,
): Promise<number> {
  return Number((await writer.runAndReadAll(sql, bounds)).getRows()[0]?.[0]);
}

/** Instants as a chunk takes them. A batch has few minutes, and the bars of a page were received at once. */
class Times {
  readonly #minutes = new Map<EpochMinute, DuckDBTimestampTZValue>();
  #receivedAt: EpochMs | undefined;
  #received = DuckDBTimestampTZValue.Epoch;

  ofMinute(minute: EpochMinute): DuckDBTimestampTZValue {
    let value = this.#minutes.get(minute);
    if (!value) {
      value = minuteValue(minute);
      this.#minutes.set(minute, value);
    }
    return value;
  }

  ofReceipt(receivedAt: EpochMs): DuckDBTimestampTZValue {
    if (receivedAt !== this.#receivedAt) {
      this.#receivedAt = receivedAt;
      this.#received = instantValue(receivedAt);
    }
    return this.#received;
  }
}

const chunkTypes = [
  VARCHAR,
  TIMESTAMPTZ,
  DOUBLE,
  DOUBLE,
  DOUBLE,
  DOUBLE,
  DOUBLE,
  INTEGER,
  DOUBLE,
  VARCHAR,
  TIMESTAMPTZ,
];

/** Bars as columns: a call into the database for each value would cost twice as much. */
function chunkOf(bars: readonly Bar[], times: Times): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(chunkTypes, bars.length);
  chunk.setColumns([
    bars.map(({ symbol }) => symbol),
    bars.map(({ minute }) => times.ofMinute(minute)),
    bars.map(({ o }) => o),
    bars.map(({ h }) => h),
    bars.map(({ l }) => l),
    bars.map(({ c }) => c),
    bars.map(({ v }) => v),
    bars.map(({ n }) => n),
    bars.map(({ vw }) => vw),
    bars.map(({ feed }) => feed),
    bars.map(({ receivedAt }) => times.ofReceipt(receivedAt)),
  ]);
  return chunk;
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
const stageSql = 'CREATE OR REPLACE TEMP TABLE stage AS SELECT * EXCLUDE (version) FROM bars LIMIT 0';

const meetingsSql = `
  SELECT count(*)::INTEGER FROM stage s
  JOIN (FROM bars WHERE ${within('bars')}) b ON b.symbol = s.symbol AND b.minute = s.minute`;

const judgeSql = `
  CREATE OR REPLACE TEMP TABLE verdicts AS
  SELECT s.*, coalesce(b.version, 0) + 1 AS version,
    CASE
      WHEN b.symbol IS NULL THEN 'added'
      WHEN b.feed = s.feed AND ${sameValues('b', 's')} THEN 'unchanged'
      WHEN feed_rank(b.feed) > feed_rank(s.feed) THEN 'late'
      ELSE 'revised'
    END AS verdict
  FROM stage s
  LEFT JOIN (FROM bars WHERE ${within('bars')}) b ON b.symbol = s.symbol AND b.minute = s.minute`;

/** The number after all versions of the minute, and no late bar that repeats the last one of its feed. */
const changesSql = `
  CREATE OR REPLACE TEMP TABLE changes AS
  WITH history AS (FROM bar_history WHERE ${within('bar_history')}),
    top AS (SELECT symbol, minute, max(version) AS version FROM history GROUP BY ALL),
    last AS (
      FROM history QUALIFY row_number() OVER (PARTITION BY symbol, minute, feed ORDER BY version DESC) = 1
    )
  SELECT s.* REPLACE (greatest(s.version, coalesce(t.version, 0) + 1) AS version)
  FROM verdicts s
  LEFT JOIN top t ON t.symbol = s.symbol AND t.minute = s.minute
  LEFT JOIN last k ON k.symbol = s.symbol AND k.minute = s.minute AND k.feed = s.feed
  WHERE s.verdict = 'revised'
    OR (s.verdict = 'late' AND (k.symbol IS NULL OR NOT (${sameValues('k', 's')})))`;

async function writeChanges(
  writer: DuckDBConnection,
  bounds: ReturnType<typeof boundsOf>,
): Promise<{ revised: number; late: number }> {
  await writer.run(changesSql, bounds);
  const replaced = `b.symbol = s.symbol AND b.minute = s.minute AND s.verdict = 'revised'`;
  await writer.run(
    `INSERT INTO bar_history SELECT b.* FROM bars b JOIN changes s ON ${replaced} WHERE ${within('b')}`,
    bounds,
  );
  await writer.run(`DELETE FROM bars b USING changes s WHERE ${replaced} AND ${within('b')}`, bounds);
  await writer.run(`INSERT INTO bars SELECT * EXCLUDE (verdict) FROM changes WHERE verdict = 'revised'`);
  await writer.run(`INSERT INTO bar_history SELECT * EXCLUDE (verdict) FROM changes WHERE verdict = 'late'`);
  const [revised, late] = (
    await writer.runAndReadAll(
      `SELECT count(*) FILTER (verdict = 'revised')::INTEGER, count(*) FILTER (verdict = 'late')::INTEGER FROM changes`,
    )
  ).getRows()[0] ?? [0, 0];
  return { revised: Number(revised), late: Number(late) };
}
