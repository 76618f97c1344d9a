import type { EpochMs } from '../time/clock.ts';

const windowMs = 60_000;

/**
 * Counts the requests that may lie in one 60 s window of the server.
 *
 * A request reaches the server somewhere between its sending and its answer, so it counts from the sending
 * until 60 s after the answer. Then no 60 s window of the server's own clock can hold more requests than the
 * limit, however the network delays them.
 */
export class RequestWindow {
  #underWay = 0;
  /** When each answered request stops counting; ascending, since answers come in order of time. */
  #expiries: EpochMs[] = [];
  #head = 0;

  count(now: EpochMs): number {
    while (this.#head < this.#expiries.length && (this.#expiries[this.#head] ?? 0) <= now) this.#head += 1;
    // What counts no longer goes once it is most of the list: then none is moved more than about once.
    if (this.#head * 2 > this.#expiries.length) {
      this.#expiries = this.#expiries.slice(this.#head);
      this.#head = 0;
    }
    return this.#underWay + this.#expiries.length - this.#head;
  }

  /** Milliseconds until fewer than `limit` count, or undefined when that waits for an answer. */
  waitFor(limit: number, now: EpochMs): number | undefined {
    const over = this.count(now) - limit + 1;
    if (over <= 0) return 0;
    const expiry = this.#expiries[this.#head + over - 1];
    return expiry === undefined ? undefined : expiry - now;
  }

  send(): void {
    this.#underWay += 1;
  }

  /** The request was not sent after all. */
  cancel(): void {
    this.#underWay -= 1;
  }

  /** The clock was set back by `ms`: everything that still counts does so for as long as before. */
  setBack(ms: number): void {
    this.#expiries = this.#expiries.slice(this.#head).map((expiry) => expiry - ms);
    this.#head = 0;
  }

  answer(now: EpochMs): void {
    this.#underWay -= 1;
    this.#expiries.push(now + windowMs + 1);
  }
}
