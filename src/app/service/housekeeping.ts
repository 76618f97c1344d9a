import { isFleeceError, messageOf } from '../../errors.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Clock } from '../../time/clock.ts';
import { addMinutes, minuteOf, startOf } from '../../time/minute.ts';

/** Work that is looked for once a minute. It must be safe to skip and to repeat. */
export interface Chore {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/** Into the minute at which chores are looked for: live polling is done by then. */
const secondsIntoMinute = 20;

/** Run every chore once a minute, each at most once at a time. A failing chore is tried again the next minute. */
export async function keepHouse(
  chores: readonly Chore[],
  context: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, log, signal } = context;
  const busy = new Map<string, Promise<void>>();
  try {
    for (;;) {
      for (const chore of chores) {
        if (busy.has(chore.name)) continue;
        const work = chore
          .run(signal)
          .catch((error: unknown) => {
            if (signal.aborted) return;
            const hint = isFleeceError(error) ? '' : ' (unexpected)';
            log.warn(`${chore.name} failed, will be tried again: ${messageOf(error)}${hint}`);
          })
          .finally(() => busy.delete(chore.name));
        busy.set(chore.name, work);
      }
      // Slept once and not until then: a clock that was set back would have the chores wait for an hour.
      const next = startOf(addMinutes(minuteOf(clock.now()), 1)) + secondsIntoMinute * 1000;
      await clock.sleep(next - clock.now(), signal);
    }
  } finally {
    await Promise.allSettled(busy.values());
  }
}
