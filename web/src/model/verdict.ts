import type { StatusAnswer } from '../../../src/gateway/dashboard/contract.ts';
import type { StateCounts } from './coverage-map.ts';
import { instantText, minuteText, plural } from './time-text.ts';

export interface Verdict {
  readonly tone: 'good' | 'wait' | 'bad' | 'unknown';
  readonly word: string;
  readonly reason: string;
}

/** Minutes that sealing may lag behind before it counts as late. */
const patience = 3;

/** The answer to "is my data right?", from the worst finding down. `today` is absent until it is loaded. */
export function judge(
  status: StatusAnswer | undefined,
  today: StateCounts | undefined,
  isStale: boolean,
): Verdict {
  if (!status) return { tone: 'unknown', word: 'Unknown', reason: 'Fleece has not answered yet' };
  if (isStale)
    return { tone: 'unknown', word: 'Unknown', reason: 'not connected: what you see is of the past' };
  if (status.store.failing)
    return { tone: 'bad', word: 'No', reason: 'the store keeps nothing at present: look at the disk' };
  const missing = Math.max(status.openGapMinutes, today?.missing ?? 0);
  if (missing > 0)
    return {
      tone: 'bad',
      word: 'No',
      reason: `${plural(missing, 'minute')}, counted over all symbols, could not be asked for yet and may lack ${missing === 1 ? 'its bar' : 'bars'}; Fleece goes on asking`,
    };
  if (status.breaker !== 'closed')
    return { tone: 'bad', word: 'No', reason: 'the service fails all requests: pausing, then trying again' };
  return whole(status);
}

function whole(status: StatusAnswer): Verdict {
  const { lastSealed, sealDue, quarantined, now, market } = status;
  const but = quarantined > 0 ? `, but the service refuses ${plural(quarantined, 'symbol')}` : '';
  const opens =
    market.session === 'closed' && market.nextChange !== null
      ? `; the market opens ${instantText(market.nextChange, now)} ET`
      : '';
  if (lastSealed === null && market.session === 'closed')
    return { tone: 'wait', word: 'Not yet', reason: `nothing was polled yet${opens}` };
  if (lastSealed === null)
    return {
      tone: 'wait',
      word: 'Not yet',
      reason: 'no minute is settled yet: the first takes some minutes',
    };
  if (sealDue !== null && sealDue - lastSealed > patience)
    return {
      tone: 'wait',
      word: 'Not yet',
      reason: `whole through ${minuteText(lastSealed)}; ${plural(sealDue - lastSealed, 'minute')} behind`,
    };
  const through = instantText(lastSealed * 60_000, now);
  const reason = `every minute through ${through} ET is here or known to be quiet${but}${opens}`;
  return { tone: quarantined > 0 ? 'wait' : 'good', word: quarantined > 0 ? 'Yes, but' : 'Yes', reason };
}
