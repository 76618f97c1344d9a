import type { Question } from '../../ingest/cut.ts';

/** As in `cut`: pages of a question that only its last one may leave half empty. */
const barsPerQuestion = 300_000;

/** Thinner than this nothing is taken for: a question that grows without bounds is dear to ask again. */
const leastDensity = 0.1;

/**
 * The questions of a plan in order. They were cut as if every minute had a bar; as answers show how many have
 * one, neighbours in time are joined again, so that the last page, which is not full, stays one of about 30.
 */
export class QuestionQueue {
  readonly #questions: readonly Question[];
  #at = 0;
  #asked = 0;
  #bars = 0;

  constructor(questions: readonly Question[]) {
    this.#questions = questions;
  }

  /** Bars that an open minute of a symbol has on average, from 0 to 1, as far as it is known. */
  get density(): number {
    return this.#asked === 0 ? 1 : Math.min(1, this.#bars / this.#asked);
  }

  /** What came of a question. */
  learn(question: Question, bars: number): void {
    this.#asked += question.mostBars;
    this.#bars += bars;
  }

  next(): Question | undefined {
    let question = this.#questions[this.#at];
    if (!question) return undefined;
    this.#at += 1;
    const room = barsPerQuestion / Math.max(leastDensity, this.density);
    for (;;) {
      const following = this.#questions[this.#at];
      // Pieces of one batch of symbols hold the same list.
      if (!following || following.symbols !== question.symbols) return question;
      if (following.start !== question.end + 1 || following.feed !== question.feed) return question;
      const mostBars: number = question.mostBars + following.mostBars;
      if (mostBars > room) return question;
      question = { ...question, end: following.end, mostBars };
      this.#at += 1;
    }
  }
}
