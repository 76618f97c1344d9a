import { DuckDBListValue, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api';
import type { Bar } from '../market/bar.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMs } from '../time/clock.ts';
import { type EpochMinute, startOf } from '../time/minute.ts';
import type { SymbolBar } from './bar-store.ts';

/** An instant as the database keeps it, to the microsecond. */
export function instantValue(instant: EpochMs): DuckDBTimestampTZValue {
  return new DuckDBTimestampTZValue(BigInt(Math.round(instant * 1000)));
}

export function minuteValue(minute: EpochMinute): DuckDBTimestampTZValue {
  return instantValue(startOf(minute));
}

/** SQL for the minute of a timestamp column as a whole number, to be read with `Number`. */
export function minuteSql(column: string): string {
  return `(epoch_us(${column}) // 60000000)::INTEGER`;
}

/** SQL for the instant of a timestamp column in epoch milliseconds. */
export function instantSql(column: string): string {
  return `(epoch_us(${column}) / 1000.0)::DOUBLE`;
}

/** The symbols of a column that is a list of them. */
export function symbolsOf(value: DuckDBValue | undefined): readonly MarketSymbol[] {
  return value instanceof DuckDBListValue ? (value.items as readonly MarketSymbol[]) : [];
}

/** The columns that `toBar` reads, in its order. */
export const barColumns = `symbol, ${minuteSql('minute')}, o, h, l, c, v, n, vw, feed, ${instantSql('received_at')}, version`;

/** A row that begins with symbol, minute, o, h, l, c, v, n, vw. */
export function toSymbolBar(row: readonly DuckDBValue[]): SymbolBar {
  return {
    symbol: row[0] as MarketSymbol,
    minute: Number(row[1]) as EpochMinute,
    o: Number(row[2]),
    h: Number(row[3]),
    l: Number(row[4]),
    c: Number(row[5]),
    v: Number(row[6]),
    n: Number(row[7]),
    vw: Number(row[8]),
  };
}

/** A row of `barColumns`. */
export function toBar(row: readonly DuckDBValue[]): Bar {
  const version = Number(row[11]);
  return {
    type: version === 1 ? 'bar' : 'revision',
    ...toSymbolBar(row),
    feed: row[9] as Feed,
    receivedAt: Number(row[10]),
    version,
  };
}
