import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { toStreamBar } from '../market/bar.ts';
import type { StreamEvent } from '../app/bar-stream.ts';

/** Writes bars and revisions as one JSON object a line, in the shape of Alpaca's stream, at the reader's pace. */
export class NdjsonWriter {
  readonly #out: Writable;
  #broken = false;

  /** `onClosed` is called when the reader has gone, as `| head` does. */
  constructor(out: Writable, onClosed: () => void) {
    this.#out = out;
    out.on('error', () => {
      this.#broken = true;
      onClosed();
    });
  }

  async write(batch: readonly StreamEvent[]): Promise<void> {
    let text = '';
    for (const event of batch) {
      if (event.type === 'bar' || event.type === 'revision')
        text += `${JSON.stringify(toStreamBar(event))}\n`;
    }
    if (text === '' || this.#broken) return;
    if (!this.#out.write(text))
      await Promise.race([once(this.#out, 'drain'), once(this.#out, 'close')]).catch(() => undefined);
  }
}
