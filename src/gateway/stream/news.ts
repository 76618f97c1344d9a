import type { News } from '../../fanout/bus.ts';
import type { Subscription } from '../../fanout/subscription.ts';
import { type EpochMinute, startOf } from '../../time/minute.ts';
import type { ControlMessage } from './codec.ts';

interface Hearer {
  readonly subscription: Subscription;
  readonly endpoint: { readonly source: string | undefined };
}

/** A gap, a seal or a heal as a message of our own; undefined when it is none of this client's business. */
export function toNewsMessage(news: News, { subscription, endpoint }: Hearer): ControlMessage | undefined {
  if (news.type === 'seal') {
    if (endpoint.source !== news.feed) return undefined;
    const { minute, bars, quiet, at } = news;
    return { T: 'seal', minute: time(minute), bars, quiet, t: new Date(at) };
  }
  const symbols = news.symbols.filter((symbol) => subscription.wantsSymbol('bars', symbol));
  if (symbols.length === 0) return undefined;
  const span = { symbols, from: time(news.from), to: time(news.to), t: new Date(news.at) };
  return news.type === 'gap'
    ? { T: 'gap', state: news.state, reason: news.reason, ...span }
    : { T: 'heal', feed: news.feed, ...span };
}

function time(minute: EpochMinute): Date {
  return new Date(startOf(minute));
}
