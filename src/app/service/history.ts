import type { Recorder } from '../../ingest/recorder.ts';
import type { BarHistory, ReplayQuery } from '../../gateway/ports.ts';
import type { Bar } from '../../market/bar.ts';
import type { DuckDbStore } from '../../store/duckdb-store.ts';

/** The gateway's view of the store. A read waits for the bars that were published before it. */
export function historyOf(store: DuckDbStore, recorder: Recorder): BarHistory {
  return {
    read: async (query) => {
      await recorder.flushUnlessFailing();
      return (await store.read(query)).bars;
    },
    latest: async (symbols) => {
      await recorder.flushUnlessFailing();
      return store.latest(symbols);
    },
    replay: (query) => replay(store, recorder, query),
  };
}

async function* replay(
  store: DuckDbStore,
  recorder: Recorder,
  { signal, ...range }: ReplayQuery,
): AsyncGenerator<readonly Bar[]> {
  await recorder.flushUnlessFailing();
  yield* store.replay(range, signal);
}
