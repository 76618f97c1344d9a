import { addMinutes, type EpochMinute, minuteOf } from '../../src/time/minute.ts';
import type { Bar } from '../../src/market/bar.ts';
import type { MarketSymbol } from '../../src/market/symbol.ts';
import { universe } from './fleece.ts';

export interface FanoutTask {
  /** The gateway of Fleece, or a server that only sends the same frames to everybody. */
  readonly server: 'gateway' | 'bare';
  readonly symbols: number;
}

/** One minute is sent: in batches of so many bars, as answers bring them. */
export interface FanoutRound {
  readonly round: number;
  readonly batchSize: number;
}

export interface FanoutReport {
  readonly cpuMs: number;
}

const first = minuteOf(Date.parse('2026-01-14T15:00:00Z'));

/** The batches of a round, the same in every process. */
export function batchesOf(symbols: number, { round, batchSize }: FanoutRound): Bar[][] {
  const minute: EpochMinute = addMinutes(first, round);
  const bars = universe(symbols).map((symbol, place): Bar => {
    const price = 10 + ((place * 7919 + round * 104_729) % 90_000) / 100;
    return {
      type: 'bar',
      symbol: symbol as MarketSymbol,
      minute,
      o: price,
      h: price + 0.12,
      l: price - 0.11,
      c: price + 0.05,
      v: 100 + ((place * 31 + round) % 40_000),
      n: 1 + (place % 300),
      vw: price + 0.012345,
      feed: 'iex',
      receivedAt: (minute + 1) * 60_000 + 1_500,
      version: 1,
    };
  });
  const batches: Bar[][] = [];
  for (let at = 0; at < bars.length; at += batchSize) batches.push(bars.slice(at, at + batchSize));
  return batches;
}

/** Bytes of a WebSocket frame of a server, with its header. */
export function frameBytes(payload: number): number {
  return payload + (payload < 126 ? 2 : payload < 65_536 ? 4 : 10);
}
