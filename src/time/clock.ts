/** Milliseconds since 1970-01-01T00:00:00Z, of whichever clock is in use. */
export type EpochMs = number;

/** The only way that time enters Fleece. Durations are milliseconds of this clock, which may run fast. */
export interface Clock {
  now(): EpochMs;
  /** Resolves after `ms` of this clock; rejects with the signal's reason when it fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Sleep until `instant`; returns at once when it has passed. */
export async function sleepUntil(clock: Clock, instant: EpochMs, signal?: AbortSignal): Promise<void> {
  // A fast clock can be overshot or undershot by a real timer's granularity: look again.
  for (let left = instant - clock.now(); left > 0; left = instant - clock.now()) {
    await clock.sleep(left, signal);
  }
  signal?.throwIfAborted();
}
