import type { EpochMs } from '../time/clock.ts';
import { type EpochMinute, toIsoMinute } from '../time/minute.ts';
import type { Feed } from './feed.ts';
import type { MarketSymbol } from './symbol.ts';

/** One minute bar as a page holds it: prices in dollars as the service sends them, never rounded. */
export interface BarRow {
  /** The minute that the bar covers, named by its start. */
  readonly minute: EpochMinute;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  /** Volume in shares (crypto: in coins, a fraction is possible). */
  readonly v: number;
  /** Trade count. */
  readonly n: number;
  /** Volume-weighted average price (VWAP). */
  readonly vw: number;
}

/** A minute bar as it is delivered. `version` counts from 1; a higher one replaces the ones before. */
export interface Bar extends BarRow {
  /** `bar` for a minute's first delivery, `revision` for each later correction. */
  readonly type: 'bar' | 'revision';
  readonly symbol: MarketSymbol;
  readonly feed: Feed;
  /** When the answer that held it was read, in epoch milliseconds. */
  readonly receivedAt: EpochMs;
  readonly version: number;
}

/**
 * A row as it is delivered. Every value is named: an object that is spread into another costs several times as
 * much, and every bar passes here.
 */
export function toBar(
  symbol: MarketSymbol,
  row: BarRow,
  { feed, receivedAt, version }: Pick<Bar, 'feed' | 'receivedAt' | 'version'>,
): Bar {
  return {
    type: version === 1 ? 'bar' : 'revision',
    symbol,
    minute: row.minute,
    o: row.o,
    h: row.h,
    l: row.l,
    c: row.c,
    v: row.v,
    n: row.n,
    vw: row.vw,
    feed,
    receivedAt,
    version,
  };
}

/** True when both rows hold the same values. */
export function sameValues(a: BarRow, b: BarRow): boolean {
  return (
    a.c === b.c && a.v === b.v && a.h === b.h && a.l === b.l && a.o === b.o && a.n === b.n && a.vw === b.vw
  );
}

/** The shape of a bar in Alpaca's stream: `b` first, `u` for a correction. */
export interface StreamBar {
  readonly T: 'b' | 'u';
  readonly S: string;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
  readonly t: string;
  readonly n: number;
  readonly vw: number;
}

/** `T` of a bar in Alpaca's stream. */
export function streamKind({ type }: Bar): StreamBar['T'] {
  return type === 'bar' ? 'b' : 'u';
}

/** A bar in the shape of Alpaca's stream. */
export function toStreamBar(bar: Bar): StreamBar {
  return {
    T: streamKind(bar),
    S: bar.symbol,
    o: bar.o,
    h: bar.h,
    l: bar.l,
    c: bar.c,
    v: bar.v,
    t: toIsoMinute(bar.minute),
    n: bar.n,
    vw: bar.vw,
  };
}

/**
 * A bar of `kind` (`T`) as the JSON of Alpaca's stream: what `toStreamBar` gives, without making the object,
 * since most of what is written is bars.
 */
export function streamBarJson(kind: string, symbol: MarketSymbol, row: BarRow): string {
  const { o, h, l, c, v, n, vw } = row;
  return `{"T":"${kind}","S":${JSON.stringify(symbol)},"o":${o},"h":${h},"l":${l},"c":${c},"v":${v},"t":"${toIsoMinute(row.minute)}","n":${n},"vw":${vw}}`;
}
