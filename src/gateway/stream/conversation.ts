import type { ChannelLists } from '../../fanout/subscription.ts';
import { channels, everything } from '../../fanout/subscription.ts';
import { isCryptoPair, type MarketSymbol } from '../../market/symbol.ts';
import type { KeyRing } from '../guard/key-ring.ts';
import { keysOfMessage } from '../guard/shown-keys.ts';
import type { Interest } from '../interest.ts';
import type { BarHistory } from '../ports.ts';
import { toAck } from './ack.ts';
import type { StreamClient } from './client.ts';
import { type ClientKeys, type Command, parseCommand, type SubscribeCommand } from './command.ts';
import type { Hub } from './hub.ts';
import { type ReplayJob, replaySince } from './replay.ts';

export interface ConversationWorld {
  readonly keys: KeyRing;
  readonly hub: Hub;
  readonly interest: Interest;
  readonly history: BarHistory;
  readonly maxSymbols: number;
  /** False when this address has shown too many wrong keys of late. */
  readonly mayTry: (client: StreamClient) => boolean;
  readonly onWrongKeys: (client: StreamClient) => void;
  /** False when there are too many connections from this address. */
  readonly hasRoom: (client: StreamClient) => boolean;
  readonly onFailure: (error: unknown) => void;
}

/** Messages that may wait while one is dealt with; past it the socket is not read. */
const mostWaiting = 64;

/** One client's side of the protocol: its messages are dealt with one after another. */
export class Conversation {
  readonly #client: StreamClient;
  readonly #world: ConversationWorld;
  readonly #stop = new AbortController();
  #held = new Set<MarketSymbol>();
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(client: StreamClient, world: ConversationWorld) {
    this.#client = client;
    this.#world = world;
  }

  /** Greet, and let in a client that showed good keys with its upgrade. */
  open(shown: ClientKeys | undefined): void {
    this.#client.control({ T: 'success', msg: 'connected' });
    if (shown) this.#authenticate(shown);
  }

  receive(data: Buffer, binary: boolean): void {
    this.#waiting += 1;
    if (this.#waiting >= mostWaiting) this.#client.pause('turn');
    const command = parseCommand(data, binary, this.#client.codec.name);
    this.#turn = this.#turn.then(() => this.#answer(command)).catch((error: unknown) => this.#fail(error));
  }

  close(): void {
    this.#stop.abort();
    this.#world.hub.remove(this.#client);
    this.#world.interest.release([...this.#held]);
    this.#held = new Set();
  }

  async #answer(command: Command): Promise<void> {
    try {
      if (this.#client.ended) return;
      if (command.type === 'fault') this.#client.error(command.code, command.reason);
      else if (command.type === 'auth') this.#authenticate(command.keys);
      else if (!this.#client.authenticated) this.#client.error(401);
      else if (command.type === 'subscribe') await this.#subscribe(command);
      else this.#unsubscribe(command.lists);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting < mostWaiting / 2) this.#client.resume('turn');
    }
  }

  #authenticate(keys: ClientKeys): void {
    const client = this.#client;
    if (client.authenticated) return client.error(403);
    if (!this.#world.mayTry(client) || !this.#world.keys.accepts(keysOfMessage(keys))) {
      this.#world.onWrongKeys(client);
      return client.error(402);
    }
    if (client.endpoint.source === undefined) return client.error(409, 'this feed is not polled here');
    if (!this.#world.hasRoom(client)) return client.error(406);
    client.authenticated = true;
    client.control({ T: 'success', msg: 'authenticated' });
    this.#world.hub.place(client);
  }

  async #subscribe({ lists, since: asked }: SubscribeCommand): Promise<void> {
    const client = this.#client;
    const { hub } = this.#world;
    const wrong = client.endpoint.market === 'crypto' ? notAPair(lists) : undefined;
    if (wrong !== undefined) return client.error(400, `${wrong} is not a pair such as BTC/USD`);
    const next = client.subscription.with(lists);
    if (next.size > this.#world.maxSymbols)
      return client.error(405, `a connection can subscribe to ${this.#world.maxSymbols} symbols`);
    const refusal = await this.#hold(next.symbols() as ReadonlySet<MarketSymbol>);
    if (refusal !== undefined) return client.error(405, refusal);
    if (client.ended) return;
    const since = asked ?? client.endpoint.since;
    // SDKs repeat their subscriptions: the time in the address counts once for each symbol.
    const wanted = asked === undefined ? client.subscription.missing(lists) : lists;
    const replays =
      since !== undefined && client.endpoint.source !== 'test' && Object.keys(wanted).length > 0;
    const settled = client.endpoint.release === 'settled' ? hub.settled(client.endpoint.source) : undefined;
    if (replays) client.beginReplay(settled?.released);
    const end = settled?.sealed;
    client.subscription = next;
    hub.place(client);
    client.control(toAck(client));
    if (replays) await this.#replay({ lists: wanted, since, end });
  }

  async #replay(span: Pick<ReplayJob, 'lists' | 'since' | 'end'>): Promise<void> {
    const { signal } = this.#stop;
    try {
      await replaySince(this.#world.history, { client: this.#client, signal, ...span });
    } finally {
      this.#client.endReplay();
    }
  }

  #unsubscribe(lists: ChannelLists): void {
    const client = this.#client;
    client.subscription = client.subscription.without(lists);
    this.#world.hub.place(client);
    const left = client.subscription.symbols() as ReadonlySet<MarketSymbol>;
    const gone = [...this.#held].filter((symbol) => !left.has(symbol));
    for (const symbol of gone) this.#held.delete(symbol);
    this.#world.interest.release(gone);
    client.control(toAck(client));
  }

  /** Have these polled. Returns why not, if so. */
  async #hold(symbols: ReadonlySet<MarketSymbol>): Promise<string | undefined> {
    if (this.#client.endpoint.source === 'test') return undefined;
    const fresh = [...symbols].filter((symbol) => !this.#held.has(symbol));
    if (fresh.length === 0) return undefined;
    const admission = await this.#world.interest.acquire(fresh);
    if (!admission.admitted) return admission.reason;
    // The client may have left while it was waiting.
    if (this.#client.ended) this.#world.interest.release(fresh);
    else for (const symbol of fresh) this.#held.add(symbol);
    return undefined;
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted || this.#client.ended) return;
    this.#world.onFailure(error);
    this.#client.error(500);
  }
}

function notAPair(lists: ChannelLists): string | undefined {
  for (const channel of channels) {
    const wrong = lists[channel]?.find((symbol) => symbol !== everything && !isCryptoPair(symbol));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
