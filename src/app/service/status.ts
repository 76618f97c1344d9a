import type { NoticeEvent, PassEvent } from '../../ingest/events.ts';
import type { Bar } from '../../market/bar.ts';
import type { MarketSymbol } from '../../market/symbol.ts';
import { Histogram } from '../../telemetry/histogram.ts';
import { closeOf, type EpochMinute } from '../../time/minute.ts';

/** An open gap of one symbol. */
export interface OpenGap {
  readonly from: EpochMinute;
  readonly reason: string;
}

/** First deliveries in one lateness histogram before the next one begins: "of late" spans one to two of these. */
const latenessSpan = 20_000;

/** What a running service knows of itself from the events that pass by. */
export class ServiceStatus {
  readonly gaps = new Map<MarketSymbol, OpenGap>();
  lastFirstPass: PassEvent | undefined;
  lastPass: PassEvent | undefined;
  delivered = 0;
  revisions = 0;
  readonly #from: EpochMinute;
  #lateness = new Histogram();
  #latenessBefore = new Histogram();

  /** @param from The first minute to close after the start: older bars are caught up with, and not late. */
  constructor(from: EpochMinute) {
    this.#from = from;
  }

  bars(bars: readonly Bar[]): void {
    for (const bar of bars) {
      if (bar.type === 'revision') {
        this.revisions += 1;
        continue;
      }
      this.delivered += 1;
      if (bar.minute >= this.#from) this.#lateness.add(bar.receivedAt - closeOf(bar.minute));
    }
    if (this.#lateness.count < latenessSpan) return;
    this.#latenessBefore = this.#lateness;
    this.#lateness = new Histogram();
  }

  notice(event: NoticeEvent): void {
    if (event.type === 'pass') {
      this.lastPass = event;
      if (event.pass === 'first') this.lastFirstPass = event;
    } else if (event.type === 'gap') {
      for (const symbol of event.symbols) {
        if (event.state === 'closed') this.gaps.delete(symbol);
        else this.gaps.set(symbol, { from: event.from, reason: event.reason });
      }
    }
  }

  /** Lateness of first deliveries, of late, in milliseconds. */
  lateness(): { readonly p50Ms: number; readonly p99Ms: number } | undefined {
    const histogram = this.#lateness.count >= latenessSpan / 10 ? this.#lateness : this.#latenessBefore;
    const recent = histogram.count > 0 ? histogram : this.#lateness;
    const p50Ms = recent.quantile(0.5);
    const p99Ms = recent.quantile(0.99);
    return p50Ms === undefined || p99Ms === undefined ? undefined : { p50Ms, p99Ms };
  }
}
