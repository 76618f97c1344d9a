import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program } from '../../src/cli/main.ts';

const whole = await program();

const root = join(import.meta.dirname, '../..');

const pages = ['', 'docs', 'docs/decisions', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** Text without blocks of code, in which brackets are no links and # begins no heading. */
const prose = (page: string) => textOf(page).replace(/^```[\s\S]*?^```/gm, '');

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function faultOf(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (!existsSync(join(root, file))) return `${page}: ${target} leads nowhere`;
  if (!anchor || statSync(join(root, file)).isDirectory()) return undefined;
  return anchorsOf(file).includes(anchor) ? undefined : `${page}: ${target} has no such heading`;
}

describe('the documents', () => {
  it('are found', () => expect(pages.length).toBeGreaterThan(20));

  it('have no relative link that leads nowhere', () => {
    const faults = pages.flatMap((page) =>
      [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => faultOf(page, target)),
    );
    expect(faults.filter(Boolean)).toEqual([]);
  });

  const commands = new Map(whole.commands.map((command) => [command.name(), command]));
  const everyFlag = new Set(
    [...commands.values(), whole].flatMap((command) => command.options.map((option) => option.long)),
  );
  everyFlag.add('--help');

  /** `fleece NAME ... --flag` in code: the words after `fleece`, to the end of the command. */
  function calls(page: string): string[][] {
    const code = [...textOf(page).matchAll(/```(?:sh|\n)[\s\S]*?```|`[^`\n]+`/g)].map(([text]) => text);
    return code.flatMap((text) =>
      [...text.matchAll(/(?:^|[`\s(])(?:npx |node bin\/)?fleece(?:\.js)? ([^`\n|&>#]*)/g)].map(
        ([, rest = '']) => rest.trim().split(/[\s,]+/),
      ),
    );
  }

  it('call only commands and flags that there are', () => {
    const faults = pages.flatMap((page) =>
      calls(page).flatMap(([name = '', ...words]) => {
        if (name === 'help' || name.startsWith('-')) return [];
        const command = commands.get(name);
        if (!command) return /^[a-z]+$/.test(name) ? [`${page}: fleece ${name}`] : [];
        const flags = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0] ?? word);
        return flags
          .filter((flag) => !command.options.some((option) => option.long === flag))
          .map((flag) => `${page}: fleece ${name} ${flag}`);
      }),
    );
    expect(faults).toEqual([]);
  });

  it('name only flags that there are', () => {
    // Of other programs.
    const foreign = new Set(['--type-aware', '--deny-warnings', '--ignore-scripts', '--save-exact']);
    const faults = pages.flatMap((page) =>
      [...prose(page).matchAll(/`(--[a-z][a-z-]*)[^`]*`/g)]
        .map(([, flag = '']) => flag)
        .filter((flag) => !everyFlag.has(flag) && !foreign.has(flag))
        .map((flag) => `${page}: ${flag}`),
    );
    expect(faults).toEqual([]);
  });

  it('README.md names every command', () => {
    const readme = textOf('README.md');
    expect([...commands.keys()].filter((name) => !readme.includes(`fleece ${name}`))).toEqual([]);
  });
});
