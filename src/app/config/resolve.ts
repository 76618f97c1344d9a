import { FleeceError } from '../../errors.ts';
import type { Layer } from './config-file.ts';
import { FaultyText } from './readers.ts';
import { type SettingName, type Settings, settings } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const settingNames = Object.keys(settings) as SettingName[];

/** The settings that the environment gives. An empty variable counts as absent. */
export function environmentLayer(env: Environment): Layer {
  const layer: Layer = {};
  for (const name of settingNames) {
    const variable = settings[name].env;
    const text = env[variable];
    if (text !== undefined && text !== '') layer[name] = { text, where: variable };
  }
  return layer;
}

/** The settings that the command line gives, as the parser names them. */
export function flagLayer(flags: Readonly<Record<string, unknown>>): Layer {
  const layer: Layer = {};
  for (const name of settingNames) {
    const given = flags[name];
    const flag = 'flag' in settings[name] ? settings[name].flag : undefined;
    if (typeof given === 'string' && flag) layer[name] = { text: given, where: flag.split(' ')[0] ?? flag };
  }
  return layer;
}

/**
 * Settle every setting: the first layer that gives it wins, so flags stand before environment before file.
 * `USE_BATCH_POLLING=false` means one symbol a request; a mode or batch size of a higher layer overrules it.
 *
 * @throws FleeceError `usage` that names the setting, what was given and what would be right.
 */
export function resolveSettings(layers: readonly Layer[]): Settings {
  const entries = settingNames.map((name) => [name, read(name, switchedOff(layers))]);
  return Object.fromEntries(entries) as Settings;
}

function read(name: SettingName, layers: readonly Layer[]): unknown {
  const given = layers.find((layer) => layer[name] !== undefined)?.[name];
  if (!given) return settings[name].fallback;
  try {
    return settings[name].read(given.text);
  } catch (error) {
    if (!(error instanceof FaultyText)) throw error;
    throw new FleeceError('usage', `${given.where} ${error.message}, not "${shorten(given.text)}"`);
  }
}

/** Where a layer switches batching off, that layer and those below it lose their say about batches. */
function switchedOff(layers: readonly Layer[]): readonly Layer[] {
  const at = layers.findIndex((layer) => layer.useBatchPolling !== undefined);
  const given = layers[at]?.useBatchPolling;
  if (!given || read('useBatchPolling', [{ useBatchPolling: given }]) !== false) return layers;
  const where = given.where;
  return layers.map((layer, index) => {
    if (index < at) return layer;
    const { mode: _mode, batchSize: _batchSize, ...rest } = layer;
    return index === at ? { ...rest, mode: { text: 'concurrent', where } } : rest;
  });
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
