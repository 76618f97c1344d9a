import type { StreamClient } from './client.ts';
import type { ControlMessage } from './codec.ts';

/**
 * The whole of a client's subscription. Every key is there even when its list is empty: the official npm
 * package copies the lists and later pushes into them.
 */
export function toAck({ subscription, endpoint }: StreamClient): ControlMessage {
  const bars = subscription.list('bars');
  const updatedBars = subscription.list('updatedBars');
  const dailyBars = subscription.list('dailyBars');
  if (endpoint.market === 'crypto')
    return { T: 'subscription', trades: [], quotes: [], orderbooks: [], bars, updatedBars, dailyBars };
  return {
    T: 'subscription',
    trades: [],
    quotes: [],
    bars,
    updatedBars,
    dailyBars,
    statuses: [],
    lulds: [],
    corrections: [],
    cancelErrors: [],
  };
}
