import type { Admission, Universe } from '../../gateway/ports.ts';
import { type MarketSymbol, symbolFault } from '../../market/symbol.ts';
import type { Recorder } from '../../ingest/recorder.ts';
import type { Clock } from '../../time/clock.ts';
import { minuteOf } from '../../time/minute.ts';
import type { Engine } from '../engine.ts';

/** Lets clients add symbols to what is polled, as far as the budget goes. */
export class UniverseDesk implements Universe {
  readonly #engine: Engine;
  /** Symbols that are polled because a client wants them, and for no other reason. */
  readonly #lent = new Set<MarketSymbol>();

  readonly #recorder: Pick<Recorder, 'note'>;
  readonly #clock: Clock;
  readonly #isSelected: (symbol: MarketSymbol) => boolean;

  /** @param isSelected True for what is polled anyhow, as of now: a symbol may be listed while it is lent. */
  constructor(
    engine: Engine,
    recorder: Pick<Recorder, 'note'>,
    clock: Clock,
    isSelected: (symbol: MarketSymbol) => boolean,
  ) {
    this.#engine = engine;
    this.#recorder = recorder;
    this.#clock = clock;
    this.#isSelected = isSelected;
  }

  has(symbol: MarketSymbol): boolean {
    return this.#engine.poller.roster.get(symbol) !== undefined;
  }

  acquire(symbols: readonly MarketSymbol[]): Promise<Admission> {
    const fresh = symbols.filter((symbol) => !this.has(symbol));
    for (const symbol of fresh) {
      const fault = symbolFault(symbol);
      if (fault) return refused(`"${symbol.slice(0, 40)}" is not a symbol: ${fault}`);
    }
    if (fresh.length === 0) return Promise.resolve({ admitted: true });
    const after = this.#engine.preview(fresh);
    // Nobody's bars become rarer because somebody else wants more.
    if (after.cadenceMinutes > this.#engine.plan.cadenceMinutes) {
      return refused(
        `${after.symbols} symbols need ${after.requestsPerCycle} requests, and the budget is ${after.budgetPerMinute} a minute: all would be polled every ${after.cadenceMinutes} minutes`,
      );
    }
    for (const symbol of fresh) this.#lent.add(symbol);
    this.#engine.poller.add(fresh);
    this.#recorder.note({ watch: [{ symbols: fresh, since: minuteOf(this.#clock.now()) }] });
    this.#engine.replan();
    return Promise.resolve({ admitted: true });
  }

  release(symbols: readonly MarketSymbol[]): void {
    const gone = symbols.filter((symbol) => this.#lent.delete(symbol) && !this.#isSelected(symbol));
    if (gone.length === 0) return;
    this.#engine.poller.remove(gone);
    this.#recorder.note({ unwatch: gone });
    this.#engine.replan();
  }
}

function refused(reason: string): Promise<Admission> {
  return Promise.resolve({ admitted: false, reason });
}
