import type { Bar } from '../../market/bar.ts';

/** The last version of each bar. Versions of a bar follow one another, possibly across chunks. */
export async function* newestOnly(chunks: AsyncIterable<readonly Bar[]>): AsyncGenerator<readonly Bar[]> {
  let last: Bar | undefined;
  for await (const chunk of chunks) {
    const done: Bar[] = [];
    for (const bar of chunk) {
      if (last && (last.minute !== bar.minute || last.symbol !== bar.symbol)) done.push(last);
      last = bar;
    }
    yield done;
  }
  if (last) yield [last];
}

/** The bars of `chunks` that `matches` is true for. */
export async function* only(
  chunks: AsyncIterable<readonly Bar[]>,
  matches: (bar: Bar) => boolean,
): AsyncGenerator<readonly Bar[]> {
  for await (const chunk of chunks) yield chunk.filter(matches);
}
