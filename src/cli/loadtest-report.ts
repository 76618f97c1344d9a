/** What a row's process is asked to do; passed to it as JSON. */
export interface ChildTask {
  readonly symbols: readonly string[];
  readonly batchSize: number;
  readonly concurrency: number;
  readonly minutes: number;
  readonly settleMinutes: number;
  readonly rpm: number;
}

/** What it says when it is done. CPU is of the whole process, in milliseconds of user and system time. */
export interface ChildReport {
  readonly requests: number;
  readonly refused: number;
  /** Mean duration of a first pass, in milliseconds of the run's clock. */
  readonly meanPassMs: number;
  readonly cpuMs: number;
  readonly peakMemoryMb: number;
}

/** One line of the table. */
export interface LoadRow extends ChildReport {
  readonly symbols: number;
  readonly batchSize: number;
  /** Bars that were delivered, that the simulator had and were not, and that came twice. */
  readonly bars: number;
  readonly lost: number;
  readonly doubled: number;
  /** Delivered values that differ from the simulator's. */
  readonly wrong: number;
}
