/** What a cycle found: first deliveries, and how many of them had been asked for before, in vain. */
export interface CycleFinds {
  readonly bars: number;
  readonly late: number;
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

/**
 * Learns from what later questions find whether the service has its bars when the first pass asks for them. What
 * Alpaca says of that reaches from "at once" to "three seconds after the minute".
 */
export class Punctuality {
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

  /** True when many bars of the last cycle came after its first pass. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /**
   * Take in what a cycle found. `coversAll`: the budget has a second look for every symbol; where it has not, a
   * bar that comes after the first pass may wait for the next minute, so the first pass rather waits for the bars.
   * Returns the share of late bars if it waits longer from now on.
   */
  learn({ bars, late }: CycleFinds, coversAll: boolean): number | undefined {
    const share = bars === 0 ? 0 : late / bars;
    this.#isLate = share > manyLate;
    if (this.#isSettling) {
      this.#isSettling = false;
      return undefined;
    }
    const isTooEarly = share > (coversAll ? nearlyAllLate : manyLate);
    if (isTooEarly && late >= tellingBars)
      return this.#wait(share > veryManyLate ? longStepMs : stepMs) ? share : undefined;
    if (!isTooEarly && bars >= tellingBars) this.#rest();
    return undefined;
  }

  #wait(ms: number): boolean {
    if (this.#extraMs === mostExtraMs) return false;
    // After a try the moment before it is known to be good.
    const step = this.#hasTriedEarlier ? stepMs : ms;
    if (this.#hasTriedEarlier) this.#patience = Math.min(longestPatience, this.#patience * 2);
    this.#change(Math.min(mostExtraMs, this.#extraMs + step), false);
    return true;
  }

  /** Trying costs a minute whose bars are late, so it becomes rarer. */
  #rest(): void {
    this.#onTime += 1;
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
