/** One row of the configuration matrix: up to `symbols` symbols, ask for `batchSize` a request, `concurrency` at once. */
export interface MatrixRow {
  readonly symbols: number;
  readonly batchSize: number;
  readonly concurrency: number;
}

/** The sizes that `auto` chooses from, smallest first. A small batch loses less when one fails. */
export const autoBatchSizes = [10, 25, 50, 100] as const;

export const largestAutoBatch = 100;

/** The most symbols that may be asked for in one request, and only explicitly. */
export const largestBatch = 1_000;

export const matrix: readonly MatrixRow[] = [
  { symbols: 31, batchSize: 10, concurrency: 2 },
  { symbols: 100, batchSize: 25, concurrency: 4 },
  { symbols: 200, batchSize: 25, concurrency: 4 },
  { symbols: 500, batchSize: 50, concurrency: 4 },
  { symbols: 1_000, batchSize: 50, concurrency: 4 },
];

/**
 * The row for a universe of `symbols`; beyond the matrix, the largest automatic batch, and twice as many in flight:
 * with four, 117 requests of 50 ms and the work between them take over two seconds.
 */
export function matrixRow(symbols: number): MatrixRow {
  const row = matrix.find((candidate) => symbols <= candidate.symbols);
  return row ?? { symbols, batchSize: largestAutoBatch, concurrency: 8 };
}
