import type { Credentials } from '../../alpaca/credentials.ts';
import type { RequestReport } from '../../alpaca/request.ts';
import type { HttpTransport } from '../../alpaca/transport.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Clock } from '../../time/clock.ts';
import type { StreamEvent } from '../bar-stream.ts';
import type { Settings } from '../config/settings.ts';

/** What a service runs on. */
export interface ServiceOptions {
  readonly settings: Settings;
  /** Symbols named on the command line or by the caller. */
  readonly named: readonly string[];
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of what live polling brings, in order; a promise makes the asking wait. */
  readonly onEvents?: (events: readonly StreamEvent[]) => undefined | Promise<void>;
  readonly onRequest?: (report: RequestReport) => void;
  /** Replaces the HTTP connections, for tests without sockets. */
  readonly transport?: HttpTransport;
}
