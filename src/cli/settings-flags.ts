import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type Layer, parseConfigFile } from '../app/config/config-file.ts';
import { environmentLayer, flagLayer, resolveSettings, type Environment } from '../app/config/resolve.ts';
import { type SettingName, type Settings, settings } from '../app/config/settings.ts';
import { unreadable } from './usage.ts';

/** Settings of which symbols are asked for, and where. */
export const selectionSettings = ['symbolsFile', 'universe', 'feed'] as const;

/** Settings of how they are cut into requests, and at what rate those are sent. */
export const planSettings = ['mode', 'batchSize', 'concurrency', 'rpm', 'timeout'] as const;

/** Settings of what a run polls, and for how long. */
export const pollingSettings = ['lookback', 'settle', 'settleMinutes', 'minutes', 'since'] as const;

/** Add the flags of some settings to a command, and `--config`. */
export function addSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const setting = settings[name];
    if (!('flag' in setting)) continue;
    const shown = setting.fallback === undefined ? '' : ` (default: ${String(setting.fallback)})`;
    command.addOption(new Option(setting.flag, `${setting.describe}${shown} [${setting.env}]`));
  }
  return command.option('--config <file>', 'settings from a YAML or JSON file [FLEECE_CONFIG]');
}

/** Settle the settings of a run: flags before environment before file. Call it again to read the file anew. */
export async function settleSettings(
  flags: Readonly<Record<string, unknown>>,
  env: Environment,
): Promise<Settings> {
  const path = typeof flags['config'] === 'string' ? flags['config'] : env['FLEECE_CONFIG'];
  const file: Layer = path ? await readLayer(path) : {};
  return resolveSettings([flagLayer(flags), environmentLayer(env), file]);
}

async function readLayer(path: string): Promise<Layer> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable('--config', path, error);
  });
  return parseConfigFile(text, path);
}
