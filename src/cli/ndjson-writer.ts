import type { Writable } from 'node:stream';
import { streamBarJson, streamKind } from '../market/bar.ts';
import type { StreamEvent } from '../app/bar-stream.ts';
import { FleeceError, messageOf } from '../errors.ts';

/** Errors that only say that the reader has gone, as `| head` does. */
const readerGone = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** Writes bars and revisions as one JSON object a line, in the shape of Alpaca's stream, at the reader's pace. */
export class NdjsonWriter {
  readonly #out: Writable;
  #isGone = false;
  #failure: FleeceError | undefined;
  #resume: (() => void) | undefined;

  /** `onClosed` is called when nothing can be written any more. */
  constructor(out: Writable, onClosed: () => void) {
    this.#out = out;
    const wake = () => {
      this.#resume?.();
      this.#resume = undefined;
    };
    out.on('drain', wake);
    out.on('close', wake);
    out.on('error', (error: Error & { readonly code?: string }) => {
      this.#isGone = true;
      if (!readerGone.has(error.code ?? '')) {
        this.#failure = new FleeceError('output', `cannot write the bars: ${messageOf(error)}`, {
          cause: error,
        });
      }
      wake();
      onClosed();
    });
  }

  /** Resolves when the reader has room for more. */
  async write(batch: readonly StreamEvent[]): Promise<void> {
    let text = '';
    for (const event of batch) {
      if (event.type === 'bar' || event.type === 'revision')
        text += `${streamBarJson(streamKind(event), event.symbol, event)}\n`;
    }
    if (text === '' || this.#isGone || this.#out.write(text)) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }

  /** @throws FleeceError `output` when something could not be written, and not for want of a reader. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }
}
