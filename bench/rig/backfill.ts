import type { ClockText } from './virtual-clock.ts';

export interface BackfillTask {
  readonly url: string;
  readonly clock: ClockText;
  readonly symbols: number;
  /** Epoch milliseconds of the first minute, and of the one after the last. */
  readonly from: number;
  readonly to: number;
}

export interface BackfillReport {
  readonly bars: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Size of the database on the disk when it is closed. */
  readonly bytes: number;
  readonly peakMb: number;
}
