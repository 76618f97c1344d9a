/** Growth of the bucket bounds: a quantile is exact to within this share. */
const growth = 1.05;
const logGrowth = Math.log(growth);

/** A histogram of positive numbers in buckets that grow by 5 %, so that it stays small however long it runs. */
export class Histogram {
  readonly #buckets = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    const bucket = value <= 1 ? 0 : Math.ceil(Math.log(value) / logGrowth);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
  }

  /** The value below which `share` (0 to 1) of the entries lie, or undefined when there are none. */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const bucket of [...this.#buckets.keys()].sort((a, b) => a - b)) {
      seen += this.#buckets.get(bucket) ?? 0;
      if (seen >= rank) return Math.exp(bucket * logGrowth);
    }
    return undefined;
  }
}
