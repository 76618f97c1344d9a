/** The four ways to poll. They are one engine with two numbers: symbols a request and requests in flight. */
export const modes = ['sequential', 'concurrent', 'batch', 'hybrid'] as const;
export type Mode = (typeof modes)[number];

/** Symbols a request (`auto`: chosen from the number of symbols) and requests in flight. */
export interface ModeShape {
  readonly batchSize: number | 'auto';
  readonly concurrency: number | 'auto';
}

export const modeShapes: Readonly<Record<Mode, ModeShape>> = {
  /** One symbol a request, one after another. */
  sequential: { batchSize: 1, concurrency: 1 },
  /** One symbol a request, ten at once. */
  concurrent: { batchSize: 1, concurrency: 10 },
  /** Batches of 25, one after another. */
  batch: { batchSize: 25, concurrency: 1 },
  /** Batches sized by the universe, a few at once. */
  hybrid: { batchSize: 'auto', concurrency: 'auto' },
};
