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
import { instantValue, minuteValue } from './duckdb-value.ts';

/** Rows of a chunk, the most that one can hold; after each, other work of the process gets its turn. */
const chunkRows = 2_048;

const columnTypes = [
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
  INTEGER,
];

/** Append bars to a table with the columns of `bars`, each as version 1. */
export async function appendBars(
  writer: DuckDBConnection,
  table: 'bars' | 'stage',
  bars: readonly Bar[],
): Promise<void> {
  const appender = await writer.createAppender(table);
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

/** Bars as columns: a call into the database for each value would cost twice as much. */
function chunkOf(bars: readonly Bar[], times: Times): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(columnTypes, bars.length);
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
    bars.map(() => 1),
  ]);
  return chunk;
}
