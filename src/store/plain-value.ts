import {
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  type DuckDBValue,
} from '@duckdb/node-api';

/** A value as JSON can hold it. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

/**
 * A value of the database as JSON can hold it: instants in ISO form, whole numbers beyond 2^53 as text, and
 * every other kind as the database writes it.
 */
export function plainValue(value: DuckDBValue): PlainValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (value instanceof DuckDBTimestampTZValue) return isoInstant(value.micros);
  if (value instanceof DuckDBListValue) return value.items.map(plainValue);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(
      Object.entries(value.entries).map(([name, entry]) => [name, plainValue(entry)]),
    );
  return value.toString();
}

const farthestMs = 8_640_000_000_000_000n;

/** `2026-01-14T14:30:00Z`, with as many digits of the second as are not zero. */
export function isoInstant(micros: bigint): string {
  const ms = micros / 1_000n;
  if (ms > farthestMs || ms < -farthestMs) return ms > 0n ? 'infinity' : '-infinity';
  const rest = Number(((micros % 1_000_000n) + 1_000_000n) % 1_000_000n);
  const seconds = new Date(Number((micros - BigInt(rest)) / 1_000n)).toISOString().slice(0, -5);
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
  return `${seconds}${fraction}Z`;
}
