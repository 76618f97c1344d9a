/** A table of the results. */
export interface Section {
  readonly title: string;
  /** What was measured, how, and what has to hold. */
  readonly about: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Each target, and whether it holds. */
  readonly verdicts: readonly Verdict[];
}

export interface Verdict {
  readonly target: string;
  readonly found: string;
  readonly holds: boolean;
}

export interface BenchOptions {
  /** Small sizes and few rounds: shows that it works, says nothing. */
  readonly quick: boolean;
  /** Folder for CPU profiles of the measured processes of Fleece. */
  readonly profile: string | undefined;
}

export interface BenchTable {
  readonly name: string;
  readonly describe: string;
  readonly run: (options: BenchOptions) => Promise<Section>;
}

export function toMarkdown({ title, about, head, rows, verdicts }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `## ${title}`,
    '',
    about,
    '',
    line(head),
    line(head.map((_, at) => (at === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
    ...verdicts.map(
      ({ target, found, holds }) => `- ${holds ? 'holds' : '**does not hold**'}: ${target}: ${found}`,
    ),
    '',
  ].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The value that a share `q` of the values lies at or below. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function ms(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export function mb(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} MB`;
}

export function times(value: number): string {
  return `${value.toFixed(2)}x`;
}

export function percent(part: number, whole: number): string {
  const share = (100 * part) / Math.max(1, whole);
  return part === whole ? '100 %' : `${Math.min(99.9, share).toFixed(1)} %`;
}
