import type { StreamItem } from '../../fanout/stream-item.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import { type Clock, sleepUntil } from '../../time/clock.ts';
import { closeOf, type EpochMinute, minuteOf } from '../../time/minute.ts';

/** The one symbol of Alpaca's test stream, which trades at any hour. */
const testSymbol = 'FAKEPACA' as MarketSymbol;

/** A bar of FAKEPACA as each minute closes, until the signal fires. */
export async function runTestFeed(
  clock: Clock,
  send: (items: readonly StreamItem[]) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const minute = minuteOf(clock.now());
    try {
      await sleepUntil(clock, closeOf(minute), signal);
    } catch {
      return;
    }
    send([{ kind: 'b', symbol: testSymbol, row: testRow(minute), receivedAt: clock.now() }]);
  }
}

function testRow(minute: EpochMinute) {
  const o = price(minute - 1);
  const c = price(minute);
  const h = cents(Math.max(o, c) + 0.02);
  const l = cents(Math.min(o, c) - 0.02);
  return { minute, o, h, l, c, v: 100 + (minute % 50), n: 1 + (minute % 7), vw: cents((h + l) / 2) };
}

/** A slow wave around 134 dollars. */
function price(minute: number): number {
  return cents(134 + 2 * Math.sin(minute / 30));
}

function cents(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
