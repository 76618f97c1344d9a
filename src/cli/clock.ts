import type { Environment } from '../app/config/resolve.ts';
import { parseClock, systemClock } from '../time/affine-clock.ts';
import type { Clock } from '../time/clock.ts';

/** The clock of the run: `FLEECE_CLOCK`, or the machine's own. */
export function clockOf(env: Environment): Clock {
  const text = env['FLEECE_CLOCK'];
  return text ? parseClock(text) : systemClock;
}
