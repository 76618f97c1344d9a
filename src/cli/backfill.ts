import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { accessService, type CommandContext, selectedSymbols } from '../app/commands/access.ts';
import { backfillFault, backfillMemory, type BackfillResult, runBackfill } from '../app/commands/backfill.ts';
import { type BackfillPlan, planBackfill } from '../app/commands/backfill-plan.ts';
import { inSession } from '../app/commands/in-session.ts';
import { openStore } from '../app/commands/open-store.ts';
import { readCredentials } from '../app/config/environment.ts';
import { MarketHours } from '../app/market-hours.ts';
import { FleeceError } from '../errors.ts';
import { toIsoMinute } from '../time/minute.ts';
import { ProgressLine, span } from './backfill-progress.ts';
import { addSettings } from './settings-flags.ts';
import { type Flags, fromText, rangeOfFlags, runStoreCommand, toText, writeOut } from './store-command.ts';

export function backfillCommand(): Command {
  const command = new Command('backfill')
    .description('fetch the minutes of some days that the store lacks, and keep them')
    .argument('[symbols...]', 'symbols, for example AAPL MSFT BRK.B BTC/USD')
    .option('--from <time>', fromText)
    .option('--to <time>', toText)
    .option('--dry-run', 'print what would be asked, and how long it would take');
  addSettings(command, ['symbolsFile', 'universe', 'feed', 'rpm', 'timeout', 'db', 'session']);
  return command.action(async (named: string[], flags: Flags) => {
    let progress: ProgressLine | undefined;
    const write = (line: string) => (progress ? progress.note(line) : void process.stderr.write(line));
    const run = (context: CommandContext) =>
      backfill(context, flags, (started) => {
        progress = started;
      });
    await runStoreCommand(named, flags, run, write);
  });
}

async function backfill(
  context: CommandContext,
  flags: Flags,
  onStarted: (progress: ProgressLine) => void,
): Promise<void> {
  const { settings, clock, log, signal } = context;
  const range = rangeOfFlags(flags);
  const symbols = await selectedSymbols(context, readCredentials);
  if (!symbols)
    throw new FleeceError(
      'usage',
      'no symbols: name some (fleece backfill --from 2026-01-14 --to 2026-01-14 AAPL), or use --symbols-file FILE, or --universe assets|sp500',
    );
  const access = accessService(context, readCredentials());
  const isDry = flags['dryRun'] === true;
  // Only looking leaves no file behind.
  const path = isDry && !existsSync(settings.db) ? ':memory:' : settings.db;
  const store = await openStore({ path, clock, create: true, memoryLimit: backfillMemory });
  try {
    const { account, calendar } = store.memory;
    const hours = new MarketHours(settings.session, calendar);
    account.useCalendar((minute, symbol) => hours.nextOpenMinute(minute, symbol));
    const { feed, lookback, rpm: requestsPerMinute } = settings;
    const now = clock.now();
    const plan = planBackfill({
      symbols,
      range,
      feed,
      account,
      hours,
      now,
      lookback,
      requestsPerMinute,
    });
    if (isDry) return await writeOut(describe(plan, requestsPerMinute, true));
    process.stderr.write(describe(plan, requestsPerMinute, false));
    if (plan.questions.length === 0) return;
    const requests = () => access.host.budget.usage().total;
    const progress = new ProgressLine({ out: process.stderr, clock, requests });
    onStarted(progress);
    const result = await runBackfill({
      plan,
      source: inSession(access.source, hours),
      store,
      log,
      signal,
      onProgress: (seen) => progress.show(seen),
    });
    progress.end();
    await report(result, requests());
  } finally {
    await store.close();
    await access.close();
  }
}

async function report(result: BackfillResult, requests: number): Promise<void> {
  const { kept, refused } = result;
  for (const [symbol, reason] of refused) process.stderr.write(`${symbol} was refused: ${reason}\n`);
  const fault = backfillFault(result);
  if (fault) throw fault;
  const extra = [
    kept.revised > 0 ? `${kept.revised} revised` : '',
    kept.unchanged + kept.late > 0 ? `${kept.unchanged + kept.late} were there already` : '',
    refused.size > 0 ? `${refused.size} symbols refused` : '',
  ].filter(Boolean);
  await writeOut(`${[`${kept.added} bars added`, ...extra].join(', ')}, ${requests} requests\n`);
}

/** Questions of a plan that are printed one by one. */
const mostQuestions = 20;

function describe(plan: BackfillPlan, requestsPerMinute: number, whole: boolean): string {
  const { questions, range, isCut, symbols, mostRequests, mostBars, minutes } = plan;
  if (range.to <= range.from) {
    return 'nothing to ask: the range begins after the last minute that can no longer change\n';
  }
  const cut = isCut
    ? [`only minutes before ${toIsoMinute(range.to)} are asked: later ones can still change, or are not free`]
    : [];
  if (questions.length === 0)
    return `${[...cut, 'nothing to ask: every open minute of it is in the account'].join('\n')}\n`;
  const lines = [
    ...cut,
    `${symbols} symbols, ${questions.length} questions, at most ${mostRequests} requests for ${mostBars} bars: ` +
      `at most ${span(minutes * 60_000)} at ${requestsPerMinute} requests a minute (quiet minutes make it less)`,
  ];
  if (!whole) return `${lines.join('\n')}\n`;
  for (const question of questions.slice(0, mostQuestions)) {
    const { symbols: asked, feed, start, end, mostBars: bars } = question;
    const named =
      asked.length > 3 ? `${asked.slice(0, 3).join(',')} and ${asked.length - 3} more` : asked.join(',');
    lines.push(`  ${toIsoMinute(start)} to ${toIsoMinute(end)} ${feed} ${named}: at most ${bars} bars`);
  }
  if (questions.length > mostQuestions)
    lines.push(`  and ${questions.length - mostQuestions} more questions`);
  return `${lines.join('\n')}\n`;
}
