import { AffineClock } from '../../src/time/affine-clock.ts';

/** A clock as it is passed from process to process. */
export interface ClockText {
  readonly realZero: number;
  readonly virtualZero: number;
  readonly speed: number;
}

/** Wednesday 2026-01-14, 10:00 in New York and a few seconds: in the middle of a session. */
const session = Date.parse('2026-01-14T15:00:05Z');

/** A clock that shows a trading session from now on. */
export function sessionClock(speed: number, virtualZero = session): ClockText {
  return { realZero: Date.now(), virtualZero, speed };
}

export function clockOf({ realZero, virtualZero, speed }: ClockText): AffineClock {
  return new AffineClock(realZero, virtualZero, speed);
}
