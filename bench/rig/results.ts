import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const header = `# Results

Written by \`npm run bench\`: each section by its last run, with the machine, the command and the machine's load
as the run began. Figures of one section were taken side by side; those of different sections were not.
`;

/** Put a section into the file in place of the one that was there for the same table. */
export function keepSection(path: string, name: string, text: string, order: readonly string[]): void {
  const sections = existsSync(path) ? sectionsOf(readFileSync(path, 'utf8')) : new Map<string, string>();
  sections.set(name, text.trim());
  const parts = order
    .filter((known) => sections.has(known))
    .map((known) => `<!-- ${known} -->\n${sections.get(known) ?? ''}\n`);
  writeFileSync(path, [header, ...parts].join('\n'));
}

function sectionsOf(text: string): Map<string, string> {
  const [, ...parts] = text.split(/^<!-- (?=\w+ -->$)/m);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf(' -->');
      return [part.slice(0, end), part.slice(end + 4).trim()];
    }),
  );
}
