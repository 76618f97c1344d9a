import type { Log } from '../telemetry/log.ts';
import { createLog } from '../telemetry/pino-log.ts';
import type { Clock } from '../time/clock.ts';
import type { Environment } from '../app/config/resolve.ts';

/** The log of a command, on stderr: text for people, `FLEECE_LOG_FORMAT=json` for machines. */
export function terminalLog(env: Environment, clock: Clock, write = writeError): Log {
  return createLog({
    level: env['FLEECE_LOG_LEVEL'] === 'debug' ? 'debug' : 'info',
    format: env['FLEECE_LOG_FORMAT'] === 'json' ? 'json' : 'text',
    color: process.stderr.isTTY && !env['NO_COLOR'],
    write,
    now: () => clock.now(),
  });
}

function writeError(line: string): void {
  process.stderr.write(line);
}

/** Calls `stop` at the first SIGINT or SIGTERM; the second ends the process at once. Returns the undoing. */
export function onStopSignals(stop: (signal: string) => void): () => void {
  let asked = false;
  const onSignal = (signal: string) => {
    if (asked) process.exit(130);
    asked = true;
    stop(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
