import { Command } from 'commander';
import type { BarStream } from '../app/bar-stream.ts';
import { processEnvironment } from '../app/config/environment.ts';
import { noteEvent } from '../app/event-notes.ts';
import type { Settings } from '../app/config/settings.ts';
import { streamBars } from '../app/stream-bars.ts';
import { Summary } from '../app/summary.ts';
import type { Log } from '../telemetry/log.ts';
import type { Clock } from '../time/clock.ts';
import { minuteOf } from '../time/minute.ts';
import { clockOf } from './clock.ts';
import { LiveTable } from './live-table.ts';
import { NdjsonWriter } from './ndjson-writer.ts';
import { reloadOnHangup } from './reload.ts';
import {
  addSettings,
  planSettings,
  pollingSettings,
  selectionSettings,
  settleSettings,
} from './settings-flags.ts';
import { onStopSignals, terminalLog } from './terminal.ts';

export function streamCommand(): Command {
  const command = new Command('stream')
    .description('poll minute bars of many symbols and write each exactly once to stdout')
    .argument('[symbols...]', 'symbols, for example AAPL MSFT BRK.B');
  addSettings(command, [...selectionSettings, ...planSettings, ...pollingSettings, 'output']);
  return command.action(runStream);
}

async function runStream(named: string[], flags: Record<string, unknown>): Promise<void> {
  const env = processEnvironment();
  const settings = await settleSettings(flags, env);
  const clock = clockOf(env);
  const summary = new Summary(minuteOf(clock.now()));
  const isPretty = (settings.output ?? (process.stdout.isTTY ? 'pretty' : 'ndjson')) === 'pretty';
  const table = isPretty ? new LiveTable(process.stdout, clock, summary) : undefined;
  const log = terminalLog(env, clock, table && ((line) => table.note(line)));
  // The switch is already in the mode; given again it would overrule a --mode that stands above it.
  const { symbols, useBatchPolling: _switch, ...rest } = settings;
  const stream = streamBars({
    ...rest,
    symbols: [...named, ...(symbols === undefined ? [] : [symbols])],
    clock,
    log,
    env,
    onRequest: (report) => summary.request(report),
  });
  const dispose = [
    onStopSignals(() => stream.stop()),
    reloadOnHangup((changed) => stream.reconfigure(changed), flags, log),
  ];
  try {
    await consume(stream, { summary, log, clock, settings, table });
  } finally {
    table?.end();
    for (const undo of dispose) undo();
  }
  log.info(`done: ${summary.line(stream.plan?.symbols ?? 0)}`);
}

interface Consumer {
  readonly summary: Summary;
  readonly log: Log;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly table: LiveTable | undefined;
}

async function consume(stream: BarStream, { summary, log, table }: Consumer): Promise<void> {
  const writer = table ? undefined : new NdjsonWriter(process.stdout, () => stream.stop());
  for await (const batch of stream.batches()) {
    for (const event of batch) {
      summary.event(event);
      noteEvent(event, log);
    }
    table?.show(batch, stream.plan);
    await writer?.write(batch);
  }
  writer?.check();
}
