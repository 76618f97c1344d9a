import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bar, sameValues } from '../../src/market/bar.ts';
import type { CommitResult } from '../../src/store/bar-store.ts';
import { openDuckDbStore } from '../../src/store/duckdb-store.ts';
import { systemClock } from '../../src/time/affine-clock.ts';
import { addMinutes } from '../../src/time/minute.ts';
import { bar, opening, symbol } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleece-versions-'));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const anyBar = fc
  .record({
    symbol: fc.constantFrom('A', 'B', 'BTC/USD').map(symbol),
    minute: fc.integer({ min: 0, max: 4 }).map((by) => addMinutes(opening, by)),
    c: fc.integer({ min: 1, max: 3 }),
    feed: fc.constantFrom('iex' as const, 'sip' as const),
  })
  .map(bar);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(anyBar, { maxLength: 8 }).map((bars) => ({ act: 'commit' as const, bars })),
  },
  {
    weight: 1,
    arbitrary: fc.array(anyBar, { maxLength: 4 }).map((bars) => ({ act: 'fail' as const, bars })),
  },
  { weight: 1, arbitrary: fc.constant({ act: 'reopen' as const, bars: [] }) },
);

/** What the store promises, in the plainest words: the versions of each minute, the newest last. */
class Model {
  readonly #kept = new Map<string, { newest: Bar; before: Bar[] }>();

  enter(bars: readonly Bar[]): CommitResult {
    const result = { added: 0, revised: 0, late: 0, unchanged: 0 };
    for (const one of bars) result[this.#enter(one)] += 1;
    return result;
  }

  #enter(one: Bar): keyof CommitResult {
    const key = `${one.symbol} ${one.minute}`;
    const kept = this.#kept.get(key);
    if (!kept) {
      this.#kept.set(key, { newest: one, before: [] });
      return 'added';
    }
    const { newest, before } = kept;
    const numbered = { ...one, version: 2 + before.length };
    if (newest.feed === one.feed && sameValues(newest, one)) return 'unchanged';
    if (newest.feed === 'iex' || one.feed === 'sip') {
      kept.newest = numbered;
      before.push(newest);
      return 'revised';
    }
    const last = before.findLast(({ feed }) => feed === one.feed);
    if (last && sameValues(last, one)) return 'unchanged';
    before.push(numbered);
    return 'late';
  }

  get versions(): string[] {
    return [...this.#kept.values()]
      .flatMap(({ newest, before }) => [textOf(newest, true), ...before.map((one) => textOf(one, false))])
      .sort();
  }
}

function textOf({ symbol, minute, version, feed, c }: Bar, newest: boolean): string {
  return `${symbol} ${minute - opening} v${version} ${feed} ${c}${newest ? ' newest' : ''}`;
}

/** As `textOf`, in order. */
const allSql = `
  SELECT concat(symbol, ' ', epoch_us(minute) // 60000000 - $opening, ' v', version, ' ', feed, ' ', c::INTEGER,
    CASE WHEN newest THEN ' newest' ELSE '' END) AS text
  FROM bar_versions ORDER BY text`;

describe('versions', () => {
  it('are those of a plain model, whatever is committed, in whatever order, over failures and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const path = join(folder, `${files++}.duckdb`);
        const opened = () => openDuckDbStore({ path, clock: systemClock });
        const model = new Model();
        let store = await opened();
        try {
          for (const { act, bars } of steps) {
            if (act === 'reopen') {
              await store.close();
              store = await opened();
            } else if (act === 'fail') {
              const broken = bar({ symbol: symbol('Z'), n: 'seventeen' as unknown as number });
              await expect(store.commit({ bars: [...bars, broken] })).rejects.toMatchObject({
                code: 'store',
              });
            } else {
              expect(await store.commit({ bars })).toEqual(model.enter(bars));
            }
          }
          const found = await store.withReader((reader) => reader.runAndReadAll(allSql, { opening }));
          expect(found.getRows().flat()).toEqual(model.versions);
        } finally {
          await store.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});
