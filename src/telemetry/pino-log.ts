import { type Level, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log } from './log.ts';

export interface LogOptions {
  readonly level: Level;
  readonly format: 'text' | 'json';
  readonly color: boolean;
  /** Where whole lines go. */
  readonly write: (line: string) => void;
  /** The clock of the run, in epoch milliseconds. */
  readonly now: () => number;
}

export function createLog({ level, format, color, write, now }: LogOptions): Log {
  const prettify = prettyFactory({
    colorize: color,
    translateTime: 'UTC:HH:MM:ss',
    ignore: 'pid,hostname',
    singleLine: true,
  });
  const stream = { write: format === 'json' ? write : (line: string) => write(prettify(line)) };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":${Math.round(now())}`,
      redact: ['keyId', 'secretKey', '*.keyId', '*.secretKey'],
    },
    stream,
  );
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}
