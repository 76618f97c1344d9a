export interface PackLimits {
  /** The most symbols in a request. */
  readonly maxSymbols: number;
  /** The most bytes that the joined list may take in a URL. */
  readonly maxBytes: number;
}

/** The bytes of a symbol in a URL: what has to be escaped costs three. */
export function urlBytes(symbol: string): number {
  return encodeURIComponent(symbol).length;
}

/**
 * Pack symbols, in order, into the fewest consecutive batches that both limits allow. A symbol that is too
 * long for a URL by itself still gets a batch of its own: the service decides about it.
 */
export function pack<S extends string>(symbols: readonly S[], limits: PackLimits): S[][] {
  const batches: S[][] = [];
  let batch: S[] = [];
  let bytes = 0;
  for (const symbol of symbols) {
    const more = urlBytes(symbol) + (batch.length > 0 ? 1 : 0);
    if (batch.length > 0 && (batch.length >= limits.maxSymbols || bytes + more > limits.maxBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    bytes += urlBytes(symbol) + (batch.length > 0 ? 1 : 0);
    batch.push(symbol);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
