import { addMinutes, type EpochMinute } from '../time/minute.ts';

/** First deliveries of a minute, and how many of them had been asked for before, in vain. */
interface Finds {
  bars: number;
  late: number;
}

/** Of a service that is on time fewer bars come after their first pass: those whose trades were reported late. */
const manyLate = 0.05;

/** When nearly nothing is there yet, a first pass is wasted, however often one can look again. */
const nearlyAllLate = 0.8;

/** Fewer bars than this say nothing: they may be late by chance. */
const tellingBars = 10;

const stepMs = 500;

/** When so many were late, half a second would hardly be enough, and each minute of trying costs most bars a minute. */
const veryManyLate = 0.25;
const longStepMs = 1_500;

/** A first pass begins at most this much later than it was told to: beyond it, the service has a fault. */
const mostExtraMs = 3_000;

/** Cycles on time after which an earlier moment is tried; twice as many each time that it was too early. */
const firstPatience = 60;
const longestPatience = 24 * 60;

/** Cycles on time after which a try counts as good. */
const provedAfter = 3;

/**
 * Learns from what later questions find whether the service has its bars when the first pass asks for them. What
 * Alpaca says of that reaches from "at once" to "three seconds after the minute".
 */
export class Punctuality {
  readonly #finds = new Map<EpochMinute, Finds>();
  #extraMs = 0;
  #isLate = false;
  /** True while a cycle may bring what the passes before the last step had missed: it is not judged. */
  #isSettling = false;
  #onTime = 0;
  #patience = firstPatience;
  #hasTriedEarlier = false;

  /** How much later than it was told to a first pass begins, in milliseconds. */
  get extraMs(): number {
    return this.#extraMs;
  }

  /** True when many of the newest bars came after the first pass for their minute. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** A bar was delivered for the first time. `isLate`: its minute had been asked for before, in vain. */
  see(minute: EpochMinute, isLate: boolean): void {
    let finds = this.#finds.get(minute);
    if (!finds) {
      finds = { bars: 0, late: 0 };
      this.#finds.set(minute, finds);
    }
    finds.bars += 1;
    if (isLate) finds.late += 1;
  }

  /**
   * The cycle of `minute` is over. `coversAll`: the budget has a second look for every symbol; where it has not, a
   * bar that comes after the first pass may wait for the next minute, so the first pass rather waits for the bars.
   * Returns the share of late bars if it waits longer from now on.
   */
  learn(minute: EpochMinute, coversAll: boolean): number | undefined {
    const { bars, late } = this.#newest(minute);
    const share = bars === 0 ? 0 : late / bars;
    this.#isLate = share > manyLate;
    if (this.#isSettling) {
      this.#isSettling = false;
      return undefined;
    }
    const isTooEarly = share > (coversAll ? nearlyAllLate : manyLate);
    if (!isTooEarly && bars >= tellingBars) this.#rest();
    if (!isTooEarly || late < tellingBars || this.#extraMs === mostExtraMs) return undefined;
    this.#wait(share > veryManyLate ? longStepMs : stepMs);
    return share;
  }

  /** Of this minute and the one before, whose last late bars came with this one's first pass. */
  #newest(minute: EpochMinute): Finds {
    const before = addMinutes(minute, -1);
    for (const known of this.#finds.keys()) if (known < before) this.#finds.delete(known);
    const sum = { bars: 0, late: 0 };
    for (const { bars, late } of this.#finds.values()) {
      sum.bars += bars;
      sum.late += late;
    }
    return sum;
  }

  #wait(ms: number): void {
    // After a try the moment before it is known to be good.
    const step = this.#hasTriedEarlier ? stepMs : ms;
    if (this.#hasTriedEarlier) this.#patience = Math.min(longestPatience, this.#patience * 2);
    this.#change(Math.min(mostExtraMs, this.#extraMs + step), false);
  }

  /** Trying costs a minute whose bars are late, so it becomes rarer. */
  #rest(): void {
    this.#onTime += 1;
    if (this.#onTime === provedAfter) this.#hasTriedEarlier = false;
    if (this.#extraMs > 0 && this.#onTime >= this.#patience)
      this.#change(Math.max(0, this.#extraMs - stepMs), true);
  }

  #change(extraMs: number, isTry: boolean): void {
    this.#extraMs = extraMs;
    this.#hasTriedEarlier = isTry;
    this.#isSettling = !isTry;
    this.#onTime = 0;
  }
}
