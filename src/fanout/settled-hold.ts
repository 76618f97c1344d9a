import type { Bar } from '../market/bar.ts';
import { closeOf, type EpochMinute } from '../time/minute.ts';
import { type StreamItem, toItem } from './stream-item.ts';

/** Minutes that are held at most while no seal comes. */
const mostMinutes = 30;

/** Revisions come within half a minute or so; after this long none is to be waited for. */
const settledAfterMs = 600_000;

/**
 * Holds the bars of one feed until their minute is sealed, so that a subscriber who wants the corrected bar
 * gets each bar once, as it is after its revisions. What comes for a sealed minute passes through.
 */
export class SettledHold {
  readonly #minutes = new Map<EpochMinute, Map<string, Bar>>();
  #sealed: EpochMinute | undefined;

  get sealed(): EpochMinute | undefined {
    return this.#sealed;
  }

  /** Take bars in. Returns what may go out at once: bars of minutes that are already settled. */
  add(bars: readonly Bar[]): StreamItem[] {
    const out: StreamItem[] = [];
    for (const bar of bars) {
      if (this.#isSettled(bar)) out.push(toItem(bar));
      else this.#keep(bar);
    }
    while (this.#minutes.size > mostMinutes)
      out.push(...this.seal(Math.min(...this.#minutes.keys()) as EpochMinute));
    return out;
  }

  /** `minute` and all before it are settled. Returns their bars, by minute. */
  seal(minute: EpochMinute): StreamItem[] {
    this.#sealed = Math.max(this.#sealed ?? minute, minute) as EpochMinute;
    const due = [...this.#minutes.keys()].filter((held) => held <= minute).sort((a, b) => a - b);
    const out: StreamItem[] = [];
    for (const held of due) {
      for (const bar of this.#minutes.get(held)?.values() ?? []) out.push({ ...toItem(bar), kind: 'b' });
      this.#minutes.delete(held);
    }
    return out;
  }

  #isSettled(bar: Bar): boolean {
    if (this.#sealed !== undefined && bar.minute <= this.#sealed) return true;
    // A bar that was fetched long after its minute is past its revisions, whether that is sealed or not.
    return bar.receivedAt - closeOf(bar.minute) > settledAfterMs;
  }

  #keep(bar: Bar): void {
    let minute = this.#minutes.get(bar.minute);
    if (!minute) {
      minute = new Map();
      this.#minutes.set(bar.minute, minute);
    }
    const held = minute.get(bar.symbol);
    if (!held || held.receivedAt <= bar.receivedAt) minute.set(bar.symbol, bar);
  }
}
