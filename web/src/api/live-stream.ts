import type { StreamBar } from '../../../src/market/bar.ts';

export type { StreamBar };

export type StreamState = 'connecting' | 'live' | 'refused' | 'waiting';

export interface StreamHandlers {
  bar(bar: StreamBar): void;
  /** A seal, a gap or a heal went by: what is shown of the day has changed. */
  news(): void;
  state(state: StreamState): void;
}

const firstWaitMs = 500;
const longestWaitMs = 10_000;

/**
 * The gateway's own WebSocket, as any client uses it. It connects again by itself, with growing waits, and
 * subscribes to what is wanted at that moment.
 */
export class LiveStream {
  readonly #handlers: StreamHandlers;
  #feed: string | undefined;
  #socket: WebSocket | undefined;
  #symbol: string | undefined;
  #wait = firstWaitMs;
  #timer: number | undefined;
  #isIn = false;
  #closed = false;

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
  }

  /** Connect to this feed's stream; nothing happens when it is connected already. */
  use(feed: string): void {
    if (this.#feed === feed || this.#closed) return;
    this.#feed = feed;
    this.#socket?.close();
    this.#connect();
  }

  /** Listen to the bars of one symbol, or of none. */
  follow(symbol: string | undefined): void {
    if (this.#symbol === symbol) return;
    if (this.#symbol !== undefined) this.#send('unsubscribe', this.#symbol);
    this.#symbol = symbol;
    if (symbol !== undefined) this.#send('subscribe', symbol);
  }

  close(): void {
    this.#closed = true;
    window.clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect(): void {
    window.clearTimeout(this.#timer);
    this.#handlers.state('connecting');
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/v2/${this.#feed}?events=gaps,seals,heals`);
    this.#socket = socket;
    this.#isIn = false;
    // On loopback any keys are good; elsewhere the browser shows those that the reader has typed in.
    socket.onopen = () => socket.send(JSON.stringify({ action: 'auth', key: 'fleece', secret: 'page' }));
    socket.onmessage = (event) => this.#take(socket, String(event.data));
    socket.onclose = () => {
      if (this.#socket !== socket || this.#closed) return;
      this.#handlers.state('waiting');
      this.#timer = window.setTimeout(() => this.#connect(), this.#wait);
      this.#wait = Math.min(longestWaitMs, this.#wait * 2);
    };
  }

  #take(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    const messages = JSON.parse(text) as readonly ({ readonly T: string; readonly code?: number } & Record<
      string,
      unknown
    >)[];
    for (const message of messages) {
      if (message.T === 'b' || message.T === 'u') this.#handlers.bar(message as unknown as StreamBar);
      else if (message.T === 'success' && message['msg'] === 'authenticated') this.#enter();
      else if (message.T === 'error' && message.code !== 403) this.#handlers.state('refused');
      else if (message.T === 'gap' || message.T === 'seal' || message.T === 'heal') this.#handlers.news();
    }
  }

  #enter(): void {
    this.#isIn = true;
    this.#wait = firstWaitMs;
    this.#handlers.state('live');
    if (this.#symbol !== undefined) this.#send('subscribe', this.#symbol);
  }

  #send(action: 'subscribe' | 'unsubscribe', symbol: string): void {
    if (!this.#isIn || this.#socket?.readyState !== WebSocket.OPEN) return;
    const symbols = [symbol];
    this.#socket.send(JSON.stringify({ action, bars: symbols, updatedBars: symbols }));
  }
}
