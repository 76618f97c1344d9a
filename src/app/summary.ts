import type { RequestReport } from '../alpaca/request.ts';
import type { StreamEvent } from './bar-stream.ts';
import { Histogram } from '../telemetry/histogram.ts';
import { closeOf, type EpochMinute } from '../time/minute.ts';

/** The counts of a run, for its closing line and its live table. */
export class Summary {
  readonly symbols = new Set<string>();
  readonly quarantined = new Map<string, string>();
  /** From the end of a bar's minute to its reading, in milliseconds; first deliveries only. */
  readonly lateness = new Histogram();
  bars = 0;
  revisions = 0;
  requests = 0;
  refused = 0;
  failed = 0;
  openGaps = 0;
  readonly #from: EpochMinute;

  /** @param from The first minute to close after the start: older bars were asked for, and are not late. */
  constructor(from: EpochMinute) {
    this.#from = from;
  }

  request(report: RequestReport): void {
    this.requests += 1;
    if (report.status === 429) this.refused += 1;
    else if (report.status === 0 || report.status >= 500) this.failed += 1;
  }

  event(event: StreamEvent): void {
    switch (event.type) {
      case 'bar':
        this.bars += 1;
        this.symbols.add(event.symbol);
        if (event.minute >= this.#from) this.lateness.add(event.receivedAt - closeOf(event.minute));
        break;
      case 'revision':
        this.revisions += 1;
        break;
      case 'quarantine':
        this.quarantined.set(event.symbol, event.reason);
        break;
      case 'release':
        this.quarantined.delete(event.symbol);
        break;
      case 'gap':
        this.openGaps += event.state === 'open' ? event.symbols.length : -event.symbols.length;
        break;
      default:
        break;
    }
  }

  /** One line of it. */
  line(universe: number): string {
    const parts = [
      `${universe} symbols (${this.symbols.size} with bars)`,
      `${this.bars} bars`,
      `${this.revisions} revisions`,
      `${this.requests} requests`,
      `${this.refused} 429s`,
      `lateness p50 ${seconds(this.lateness.quantile(0.5))} p99 ${seconds(this.lateness.quantile(0.99))}`,
    ];
    if (this.failed > 0) parts.push(`${this.failed} failed requests`);
    if (this.quarantined.size > 0) parts.push(`${this.quarantined.size} quarantined`);
    if (this.openGaps > 0) parts.push(`${this.openGaps} symbols with an open gap`);
    return parts.join(', ');
  }
}

/** Milliseconds as seconds for a reader. */
export function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
