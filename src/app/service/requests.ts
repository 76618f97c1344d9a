import type { RequestReport } from '../../alpaca/request.ts';
import type { Lane } from '../../market/bar-source.ts';

/** Counts requests by who asked and how it went. */
export class RequestCounts {
  readonly #counts = new Map<string, { readonly lane: Lane; readonly status: string; count: number }>();

  add({ lane, status }: RequestReport): void {
    const name = status === 0 ? 'network' : String(status);
    const key = `${lane} ${name}`;
    const entry = this.#counts.get(key);
    if (entry) entry.count += 1;
    else this.#counts.set(key, { lane, status: name, count: 1 });
  }

  all(): readonly { readonly lane: Lane; readonly status: string; readonly count: number }[] {
    return [...this.#counts.values()];
  }
}
