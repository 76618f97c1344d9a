import type { StreamEvent } from './bar-stream.ts';
import type { Log } from '../telemetry/log.ts';
import { toIsoMinute } from '../time/minute.ts';

/** A pass that takes longer than this is worth an alert. */
const slowPassMs = 30_000;

/** Say in the log what a user should know of an event. Bars and ordinary passes go without saying. */
export function noteEvent(event: StreamEvent, log: Log): void {
  switch (event.type) {
    case 'quarantine':
      log.warn(`${event.symbol} is set aside until ${new Date(event.until).toISOString()}: ${event.reason}`);
      break;
    case 'release':
      log.info(`${event.symbol} is accepted again`);
      break;
    case 'gap':
      noteGap(event, log);
      break;
    case 'slept':
      log.warn(
        `no poll could be sent for ${(event.ms / 60_000).toFixed(0)} minutes: did the machine sleep? Asking for all of it now`,
      );
      break;
    case 'settle':
      log.info(
        `${(event.late * 100).toFixed(0)} % of the last minute's bars came after its first pass: the next begins ${(event.settleMs / 1000).toFixed(1)} s after the minute`,
      );
      break;
    case 'mode':
      log.info('polling in a new shape', { batchSize: event.batchSize, concurrency: event.concurrency });
      break;
    case 'pass': {
      const took = event.finishedAt - event.startedAt;
      if (took > slowPassMs)
        log.warn(`a poll took ${(took / 1000).toFixed(0)} s`, {
          minute: toIsoMinute(event.minute),
          batches: event.batches,
        });
      else
        log.debug(`${event.pass} pass`, {
          minute: toIsoMinute(event.minute),
          batches: event.batches,
          bars: event.bars,
        });
      break;
    }
    default:
      break;
  }
}

function noteGap(event: Extract<StreamEvent, { type: 'gap' }>, log: Log): void {
  const fields = { symbols: event.symbols.length, from: toIsoMinute(event.from), to: toIsoMinute(event.to) };
  if (event.state === 'open') log.warn(`could not ask, will be made good: ${event.reason}`, fields);
  else log.info('made good', fields);
}
