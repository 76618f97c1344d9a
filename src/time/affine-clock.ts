import { FleeceError } from '../errors.ts';
import type { Clock, EpochMs } from './clock.ts';

/** Node clamps longer timers to 1 ms, so longer sleeps are taken in slices. */
const longestTimer = 2 ** 31 - 1;

/** A clock that runs at a constant speed against the machine's: virtual = virtualZero + (real - realZero) x speed. */
export class AffineClock implements Clock {
  readonly realZero: EpochMs;
  readonly virtualZero: EpochMs;
  readonly speed: number;

  constructor(realZero: EpochMs, virtualZero: EpochMs, speed: number) {
    this.realZero = realZero;
    this.virtualZero = virtualZero;
    this.speed = speed;
  }

  now(): EpochMs {
    return this.virtualZero + (Date.now() - this.realZero) * this.speed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      let left = Math.max(0, ms / this.speed);
      let timer: NodeJS.Timeout;
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const step = () => {
        if (left <= 0) {
          signal?.removeEventListener('abort', onAbort);
          resolve();
          return;
        }
        const slice = Math.min(left, longestTimer);
        left -= slice;
        timer = setTimeout(step, slice);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const first = Math.min(left, longestTimer);
      left -= first;
      timer = setTimeout(step, first);
    });
  }
}

/** The machine's own clock. */
export const systemClock: Clock = new AffineClock(0, 0, 1);

/**
 * Read `FLEECE_CLOCK`: `<real ISO>/<virtual ISO>/<speed>`, for example
 * `2026-11-24T20:00:00Z/2026-01-14T14:30:00Z/60`.
 *
 * @throws FleeceError `usage` that names the part which is wrong.
 */
export function parseClock(text: string): Clock {
  const parts = text.split('/');
  const [real, virtual, speed] = parts;
  if (parts.length !== 3 || real === undefined || virtual === undefined || speed === undefined) {
    throw wrong(text, 'it has to have three parts');
  }
  const realZero = Date.parse(real);
  const virtualZero = Date.parse(virtual);
  const factor = Number(speed);
  if (Number.isNaN(realZero)) throw wrong(text, `the real time "${real}" is not an ISO time`);
  if (Number.isNaN(virtualZero)) throw wrong(text, `the virtual time "${virtual}" is not an ISO time`);
  if (!(factor > 0) || !Number.isFinite(factor))
    throw wrong(text, `the speed "${speed}" is not a positive number`);
  return new AffineClock(realZero, virtualZero, factor);
}

function wrong(text: string, why: string): FleeceError {
  const form =
    '<real ISO time>/<virtual ISO time>/<speed>, for example 2026-11-24T20:00:00Z/2026-01-14T14:30:00Z/60';
  return new FleeceError('usage', `FLEECE_CLOCK "${text.slice(0, 200)}": ${why}; the form is ${form}`);
}
