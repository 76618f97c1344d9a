import { settings, type SettingName } from '../../src/app/config/settings.ts';
import { program } from '../../src/cli/main.ts';

/** The table of all settings in Markdown, made from the code. */
export function settingsTable(): string {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => {
    const setting = settings[name];
    const flag = 'flag' in setting ? setting.flag : undefined;
    const fallback = setting.fallback === undefined ? '' : code(String(setting.fallback));
    const cells = [code(name), flag ? code(flag) : '', code(setting.env), fallback, setting.describe];
    return `| ${[...cells, commandsWith(setting.env)].join(' | ')} |`;
  });
  return [
    '| Key in a file | Flag | Environment | Default | Meaning | Flag of |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const whole = await program();

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** A command that takes the flag of a setting names its variable beside it. */
function commandsWith(variable: string): string {
  return whole.commands
    .filter((command) => command.options.some((option) => option.description.includes(`[${variable}]`)))
    .map((command) => command.name())
    .join(', ');
}
