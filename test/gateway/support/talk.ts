import { decode, encode } from '@msgpack/msgpack';
import { type ClientOptions, WebSocket } from 'ws';

export type Message = Record<string, unknown> & { readonly T: string };

/** One client of the stream: sends messages and reads the frames in their order. */
export class Talk {
  readonly socket: WebSocket;
  readonly frames: Message[][] = [];
  readonly sizes: number[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  #msgpack: boolean;
  #waiting: (() => void)[] = [];

  constructor(url: string, options: ClientOptions & { readonly msgpack?: boolean } = {}) {
    const { msgpack = false, ...rest } = options;
    this.#msgpack = msgpack;
    const headers = { ...(msgpack ? { 'Content-Type': 'application/msgpack' } : {}), ...rest.headers };
    this.socket = new WebSocket(url, { ...rest, headers });
    this.socket.on('message', (data: Buffer, binary) => {
      this.sizes.push(data.length);
      this.frames.push((binary ? decode(data) : JSON.parse(data.toString())) as Message[]);
      this.#wake();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    this.socket.on('error', () => this.#wake());
  }

  /** A client that is through the greeting and let in. */
  static async open(
    url: string,
    options: ClientOptions & { readonly msgpack?: boolean } = {},
  ): Promise<Talk> {
    const talk = new Talk(url, options);
    await talk.next();
    talk.send({ action: 'auth', key: 'PKUSERSOWN', secret: 'users-own-secret' });
    await talk.next();
    return talk;
  }

  send(message: unknown): void {
    this.socket.send(this.#msgpack ? encode(message) : JSON.stringify(message));
  }

  /** The next frame that was not read yet. Rejects when the connection ends instead. */
  async next(): Promise<Message[]> {
    while (this.frames.length === 0) {
      if (this.closed) throw new Error(`closed with ${this.closed.code} ${this.closed.reason}`);
      await this.#change();
    }
    return this.frames.shift() as Message[];
  }

  /** Subscribe and read the acknowledgement. */
  async subscribe(lists: Record<string, unknown>): Promise<Message> {
    this.send({ action: 'subscribe', ...lists });
    const [ack] = await this.next();
    return ack as Message;
  }

  /** Messages of the frames that follow until there are `count`. */
  async messages(count: number): Promise<Message[]> {
    const all: Message[] = [];
    while (all.length < count) all.push(...(await this.next()));
    return all;
  }

  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    while (!this.closed) await this.#change();
    return this.closed;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
