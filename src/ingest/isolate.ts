import { isFleeceError, messageOf } from '../errors.ts';
import type { MarketSymbol } from '../market/symbol.ts';

export interface IsolateOptions {
  /** Ask for all of `symbols` in one request. */
  readonly ask: (symbols: readonly MarketSymbol[]) => Promise<void>;
  /** One symbol was found to be what the service refuses; `named` if the service said so itself. */
  readonly refuse: (symbol: MarketSymbol, reason: string, named: boolean) => void;
}

/**
 * Ask for a batch of which one malformed symbol would fail the whole: the symbol that the service names is
 * dropped and the rest asked again; where it names none, the batch is halved until the culprit stands alone.
 * Any other failure is thrown.
 */
export async function isolate(symbols: readonly MarketSymbol[], options: IsolateOptions): Promise<void> {
  let left = symbols;
  while (left.length > 0) {
    try {
      await options.ask(left);
      return;
    } catch (error) {
      if (!isFleeceError(error)) throw error;
      if (error.code !== 'invalid_symbol' && error.code !== 'bad_request') throw error;
      const named = left.find((symbol) => symbol === error.symbol);
      if (named !== undefined) {
        options.refuse(named, messageOf(error), true);
        left = left.filter((symbol) => symbol !== named);
      } else {
        await halve(left, error.message, options);
        return;
      }
    }
  }
}

async function halve(
  symbols: readonly MarketSymbol[],
  reason: string,
  options: IsolateOptions,
): Promise<void> {
  const [only] = symbols;
  if (symbols.length === 1 && only !== undefined) {
    options.refuse(only, reason, false);
    return;
  }
  const middle = Math.ceil(symbols.length / 2);
  await isolate(symbols.slice(0, middle), options);
  await isolate(symbols.slice(middle), options);
}
