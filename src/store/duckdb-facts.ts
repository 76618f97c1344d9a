import { type DuckDBConnection, listValue } from '@duckdb/node-api';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMinute } from '../time/minute.ts';
import type { QuarantineEntry, Seal, StoreBatch, StoredDay } from './bar-store.ts';
import { instantSql, instantValue, minuteSql, minuteValue } from './duckdb-value.ts';

/** The rows of a batch that are neither bars nor coverage, inside the writer's open transaction. */
export async function writeFacts(writer: DuckDBConnection, batch: StoreBatch): Promise<void> {
  for (const seal of batch.seals ?? []) {
    await writer.run('DELETE FROM seals WHERE minute = $1', [minuteValue(seal.minute)]);
    await writer.run('INSERT INTO seals VALUES ($1, $2, $3, $4)', [
      minuteValue(seal.minute),
      instantValue(seal.sealedAt),
      seal.bars,
      seal.quiet,
    ]);
  }
  for (const symbol of batch.release ?? []) await leaveQuarantine(writer, symbol);
  for (const entry of batch.quarantine ?? []) {
    await leaveQuarantine(writer, entry.symbol);
    await writer.run('INSERT INTO quarantine VALUES ($1, $2, $3, $4)', [
      entry.symbol,
      entry.reason,
      instantValue(entry.since),
      instantValue(entry.nextLook),
    ]);
  }
  for (const day of batch.calendar ?? []) await writeDay(writer, day);
  for (const { at, symbol, change, detail } of batch.universe ?? [])
    await writer.run('INSERT INTO universe_log VALUES ($1, $2, $3, $4)', [
      instantValue(at),
      symbol,
      change,
      detail,
    ]);
}

/** Enter what is watched and what no longer is. */
export async function writeWatch(
  writer: DuckDBConnection,
  { watch = [], unwatch = [] }: StoreBatch,
  known: ReadonlyMap<MarketSymbol, EpochMinute>,
): Promise<void> {
  const gone = new Set(unwatch);
  if (unwatch.length > 0) {
    await writer.run('DELETE FROM watch WHERE symbol IN (SELECT unnest($1))', [listValue([...unwatch])]);
  }
  for (const { symbols, since } of watch) {
    const fresh = symbols.filter((symbol) => gone.has(symbol) || !known.has(symbol));
    if (fresh.length === 0) continue;
    await writer.run('INSERT INTO watch SELECT unnest($1), $2', [listValue(fresh), minuteValue(since)]);
  }
}

export async function readWatch(writer: DuckDBConnection): Promise<Map<MarketSymbol, EpochMinute>> {
  const rows = await writer.runAndReadAll(`SELECT symbol, ${minuteSql('since')} FROM watch`);
  return new Map(
    rows.getRows().map(([symbol, since]) => [symbol as MarketSymbol, Number(since) as EpochMinute]),
  );
}

async function leaveQuarantine(writer: DuckDBConnection, symbol: MarketSymbol): Promise<void> {
  await writer.run('DELETE FROM quarantine WHERE symbol = $1', [symbol]);
}

async function writeDay(writer: DuckDBConnection, day: StoredDay): Promise<void> {
  await writer.run('DELETE FROM calendar WHERE date = $1::DATE', [day.date]);
  await writer.run('INSERT INTO calendar VALUES ($1::DATE, $2, $3, $4, $5)', [
    day.date,
    minuteValue(day.sessionOpen),
    minuteValue(day.open),
    minuteValue(day.close),
    minuteValue(day.sessionClose),
  ]);
}

export async function readQuarantine(writer: DuckDBConnection): Promise<Map<MarketSymbol, QuarantineEntry>> {
  const rows = await writer.runAndReadAll(
    `SELECT symbol, reason, ${instantSql('since')}, ${instantSql('next_look')} FROM quarantine ORDER BY symbol`,
  );
  return new Map(
    rows.getRows().map(([name, reason, since, nextLook]) => {
      const symbol = name as MarketSymbol;
      return [symbol, { symbol, reason: String(reason), since: Number(since), nextLook: Number(nextLook) }];
    }),
  );
}

export async function readCalendar(writer: DuckDBConnection): Promise<StoredDay[]> {
  const times = ['session_open', 'open', 'close', 'session_close'].map(minuteSql).join(', ');
  const rows = await writer.runAndReadAll(`SELECT date::VARCHAR, ${times} FROM calendar ORDER BY date`);
  return rows.getRows().map(([date, sessionOpen, open, close, sessionClose]) => ({
    date: String(date),
    sessionOpen: Number(sessionOpen) as EpochMinute,
    open: Number(open) as EpochMinute,
    close: Number(close) as EpochMinute,
    sessionClose: Number(sessionClose) as EpochMinute,
  }));
}

export async function readLastSeal(writer: DuckDBConnection): Promise<Seal | undefined> {
  const rows = await writer.runAndReadAll(
    `SELECT ${minuteSql('minute')}, ${instantSql('sealed_at')}, bars, quiet FROM seals ORDER BY minute DESC LIMIT 1`,
  );
  const row = rows.getRows()[0];
  if (!row) return undefined;
  return {
    minute: Number(row[0]) as EpochMinute,
    sealedAt: Number(row[1]),
    bars: Number(row[2]),
    quiet: Number(row[3]),
  };
}
