import type { Bus } from '../../fanout/bus.ts';
import type { IngestSink, NoticeEvent } from '../../ingest/events.ts';
import type { Recorder } from '../../ingest/recorder.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Clock } from '../../time/clock.ts';
import { addMinutes } from '../../time/minute.ts';
import { noteEvent } from '../event-notes.ts';
import type { ServiceOptions } from './options.ts';
import type { ServiceStatus } from './status.ts';

export interface SinkOptions {
  readonly recorder: Recorder;
  readonly bus: Bus;
  readonly status: ServiceStatus;
  readonly clock: Clock;
  readonly log: Log;
  readonly onEvents?: ServiceOptions['onEvents'];
}

/** Where live polling pushes to: into the recorder first, so that a reader who hears of a bar can wait for it. */
export function serviceSink({ recorder, bus, status, clock, log, onEvents }: SinkOptions): IngestSink {
  return {
    bars: (bars) => {
      const room = recorder.bars(bars);
      status.bars(bars);
      bus.publish({ type: 'bars', bars });
      const taken = onEvents?.(bars);
      return taken ? Promise.all([room, taken]).then(() => undefined) : room;
    },
    notice: (event) => {
      noteEvent(event, log);
      void onEvents?.([event]);
      status.notice(event);
      record(event, recorder);
      if (event.type === 'gap') {
        const { state, symbols, from, to, reason } = event;
        bus.publish({ type: 'gap', state, symbols, from, to, reason, at: clock.now() });
      }
    },
  };
}

function record(event: NoticeEvent, recorder: Recorder): void {
  if (event.type === 'asked') {
    const { feed, symbols, from, settledThrough } = event;
    if (settledThrough >= from) {
      recorder.note({ advances: [{ feed, symbols, from, to: addMinutes(settledThrough, 1) }] });
    }
  } else if (event.type === 'quarantine') {
    const { symbol, reason, since, until } = event;
    recorder.note({ quarantine: [{ symbol, reason, since, nextLook: until }] });
  } else if (event.type === 'release') {
    recorder.note({ release: [event.symbol] });
  }
}
