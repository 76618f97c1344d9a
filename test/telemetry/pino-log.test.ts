import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/telemetry/log.ts';
import { createLog, type LogOptions } from '../../src/telemetry/pino-log.ts';

function record(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const now = Date.parse('2026-01-14T14:30:05Z');
  const log = createLog({
    level: 'info',
    format: 'json',
    color: false,
    write: (line) => lines.push(line),
    now: () => now,
    ...options,
  });
  return { log, lines };
}

describe('createLog', () => {
  it('writes one JSON object a line, at the time of the given clock', () => {
    const { log, lines } = record();
    log.info('plan', { symbols: 500 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: 'plan',
      symbols: 500,
      time: Date.parse('2026-01-14T14:30:05Z'),
    });
  });

  it('writes text for people, in one line, with that time and without colors when told so', () => {
    const { log, lines } = record({ format: 'text' });
    log.warn('a poll took 31 s', { batches: 4 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/14:30:05.*WARN.*a poll took 31 s.*"batches":4/);
    expect(lines[0]).not.toContain('\u001B[');
  });

  it('keeps lines below its level to itself', () => {
    const { log, lines } = record();
    log.debug('retrying');
    expect(lines).toEqual([]);
    const loud = record({ level: 'debug' });
    loud.log.debug('retrying');
    loud.log.error('lost');
    expect(loud.lines).toHaveLength(2);
  });

  it('never writes fields that are named like keys', () => {
    for (const format of ['json', 'text'] as const) {
      const { log, lines } = record({ format });
      log.info('settings', { keyId: 'PKSECRETKEYID', secretKey: 'verysecretkey' });
      expect(lines.join('')).not.toMatch(/PKSECRETKEYID|verysecretkey/);
    }
  });
});

describe('silentLog', () => {
  it('takes everything and says nothing', () => {
    expect([silentLog.debug('a'), silentLog.info('a'), silentLog.warn('a'), silentLog.error('a')]).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
  });
});
