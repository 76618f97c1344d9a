import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Scalar } from 'yaml';
import { FleeceError, messageOf } from '../../errors.ts';
import { type SettingName, settings } from './settings.ts';

/** A text that was given for a setting, and where it stands. */
export interface GivenText {
  readonly text: string;
  /** For messages: `--rpm`, `FLEECE_RPM` or `fleece.yaml:3: rpm`. */
  readonly where: string;
}

export type Layer = Partial<Record<SettingName, GivenText>>;

/**
 * Read a config file: a YAML (or JSON) mapping from setting names to values.
 *
 * @throws FleeceError `usage` that names the file and line.
 */
export function parseConfigFile(text: string, path: string): Layer {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault) {
    const { line } = lines.linePos(fault.pos[0]);
    throw new FleeceError('usage', `${path}:${line}: ${firstLine(messageOf(fault))}`);
  }
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return {};
  if (!isMap(root)) throw new FleeceError('usage', `${path}: has to be a mapping from settings to values`);
  const layer: Layer = {};
  for (const pair of root.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const line = isScalar(pair.key) && pair.key.range ? lines.linePos(pair.key.range[0]).line : 0;
    const name = settingNamed(key);
    if (!name)
      throw new FleeceError(
        'usage',
        `${path}:${line}: there is no setting "${key.slice(0, 60)}"; there are ${names()}`,
      );
    layer[name] = { text: textOf(pair.value, `${path}:${line}: ${key}`), where: `${path}:${line}: ${key}` };
  }
  return layer;
}

/** `batchSize`, `batch-size` and `batch_size` are the same setting. */
function settingNamed(key: string): SettingName | undefined {
  const plain = (name: string) => name.replace(/[-_]/g, '').toLowerCase();
  return (Object.keys(settings) as SettingName[]).find((name) => plain(name) === plain(key));
}

function names(): string {
  return Object.keys(settings).join(', ');
}

function textOf(value: unknown, where: string): string {
  if (isScalar(value) && value.value !== null) return written(value);
  if (isSeq(value) && value.items.every((item) => isScalar(item))) {
    return value.items.map((item) => (isScalar(item) ? written(item) : '')).join(',');
  }
  throw new FleeceError('usage', `${where} has to be a single value or a list of values`);
}

/** A scalar as it is written, so that the ticker ON or 0700 stays what it is. */
function written(scalar: Scalar): string {
  return scalar.source ?? JSON.stringify(scalar.value);
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
