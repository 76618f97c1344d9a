import { describe, expect, it } from 'vitest';
import { QuestionQueue } from '../../../src/app/commands/question-queue.ts';
import type { Question } from '../../../src/ingest/cut.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import type { EpochMinute } from '../../../src/time/minute.ts';

const group = (name: string) => [name as MarketSymbol];
const a = group('A');
const b = group('B');

function question(
  symbols: readonly MarketSymbol[],
  start: number,
  end: number,
  mostBars = 250_000,
): Question {
  return { symbols, feed: 'iex', start: start as EpochMinute, end: end as EpochMinute, mostBars };
}

/** Take all questions; of each minute, `share` had a bar. */
function drain(questions: readonly Question[], share: number): string[] {
  const queue = new QuestionQueue(questions);
  const taken: string[] = [];
  for (let next = queue.next(); next; next = queue.next()) {
    taken.push(`${next.symbols.join()} ${next.start}-${next.end}`);
    queue.learn(next, next.mostBars * share);
  }
  return taken;
}

const eight = Array.from({ length: 8 }, (_, at) => question(a, at * 10, at * 10 + 9));

describe('questions of a plan', () => {
  it('are asked as they were cut where every minute has a bar', () => {
    expect(drain(eight, 1)).toHaveLength(8);
  });

  it('are joined up to 30 pages once it is known how thin the minutes are', () => {
    expect(drain(eight, 0.3)).toEqual(['A 0-9', 'A 10-49', 'A 50-79']);
  });

  it('are never joined over other symbols, or over a hole in time', () => {
    const mixed = [
      question(a, 0, 9),
      question(a, 10, 19),
      question(a, 21, 29),
      question(b, 30, 39),
      question(b, 40, 49),
    ];
    expect(drain(mixed, 0.1)).toEqual(['A 0-9', 'A 10-19', 'A 21-29', 'B 30-49']);
  });

  it('stay bounded where there is hardly a bar', () => {
    const many = Array.from({ length: 40 }, (_, at) => question(a, at * 10, at * 10 + 9));
    const queue = new QuestionQueue(many);
    for (let next = queue.next(); next; next = queue.next()) {
      expect(next.mostBars).toBeLessThanOrEqual(3_000_000);
      queue.learn(next, 0);
    }
  });
});
