import { createHandler, type Handler, type HandlerOptions } from '../../src/simulator/index.ts';
import { createMarket, type Market, type MarketOptions } from '../../src/simulator/market.ts';

export const keys = { 'apca-api-key-id': 'sim', 'apca-api-secret-key': 'sim' };

/** A Wednesday, 11:00 in New York. */
export const noon = Date.parse('2026-01-14T16:00:00Z');

/** A clock that only the test moves. */
export function handClock(start: number) {
  const clock = {
    time: start,
    now: () => clock.time,
    sleep: (ms: number) => {
      clock.time += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A simulator in this process and a way to ask it. */
export interface Conversation {
  readonly market: Market;
  readonly handler: Handler;
  readonly clock: ReturnType<typeof handClock>;
  /** Ask and get a whole answer; a fault is an error of the test. */
  ask(url: string, headers?: Record<string, string>): Answered;
  /** Ask, expect a 200, parse it. */
  json(url: string): unknown;
}

export function converse(
  market: MarketOptions | Market = {},
  options: Partial<HandlerOptions> = {},
  start = noon,
): Conversation {
  const clock = handClock(start);
  const shown = 'at' in market ? market : createMarket(market);
  const handler = createHandler({ market: shown, clock, ...options });
  const ask = (url: string, headers: Record<string, string> = keys): Answered => {
    const response = handler.handle({ url, headers });
    if (response.kind !== 'answer') throw new Error(`no whole answer but ${response.kind} for ${url}`);
    const { status, headers: sent, body } = response.answer;
    return { status, headers: sent, text: body };
  };
  const json = (url: string): unknown => {
    const { status, text } = ask(url);
    if (status !== 200) throw new Error(`HTTP ${status} for ${url}: ${text}`);
    return JSON.parse(text);
  };
  return { market: shown, handler, clock, ask, json };
}

export interface WireBar {
  readonly c: number;
  readonly h: number;
  readonly l: number;
  readonly n: number;
  readonly o: number;
  readonly t: string;
  readonly v: number;
  readonly vw: number;
}

export interface WirePage {
  readonly bars: Readonly<Record<string, readonly WireBar[]>> | null;
  readonly next_page_token: string | null;
}

/** Every page of a query, to the null token. */
export function walkPages(conversation: Conversation, url: string): WirePage[] {
  const pages: WirePage[] = [];
  let token: string | null = null;
  do {
    const part: string = token === null ? '' : `&page_token=${encodeURIComponent(token)}`;
    const page = conversation.json(url + part) as WirePage;
    pages.push(page);
    token = page.next_page_token;
    if (pages.length > 5_000) throw new Error(`endless pages for ${url}`);
  } while (token !== null);
  return pages;
}

/** `SYMBOL time close volume` of every bar of some pages, in the order in which they came. */
export function barLines(pages: readonly WirePage[]): string[] {
  return pages.flatMap(({ bars }) =>
    Object.entries(bars ?? {}).flatMap(([symbol, own]) =>
      own.map((bar) => `${symbol} ${bar.t} ${bar.c} ${bar.v} ${bar.n} ${bar.vw}`),
    ),
  );
}
