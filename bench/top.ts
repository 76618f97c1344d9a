import { readFileSync } from 'node:fs';

/** Prints where a CPU profile's time went: `node bench/dist/bench/top.js FILE.cpuprofile [HOW MANY]`. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const [path, most = '30'] = process.argv.slice(2);
if (path === undefined) throw new Error('name a .cpuprofile');
const profile = JSON.parse(readFileSync(path, 'utf8')) as Profile;
const names = new Map(
  profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
    const file = url.replace(/^.*\/(?:node_modules|dist)\//, '');
    return [id, `${functionName || '(anonymous)'} ${file}${file === '' ? '' : `:${lineNumber + 1}`}`];
  }),
);
const self = new Map<string, number>();
let total = 0;
for (const [at, id] of profile.samples.entries()) {
  const name = names.get(id) ?? '?';
  const time = profile.timeDeltas[at] ?? 0;
  if (name.startsWith('(idle)')) continue;
  self.set(name, (self.get(name) ?? 0) + time);
  total += time;
}
const sorted = [...self].sort((a, b) => b[1] - a[1]).slice(0, Number(most));
for (const [name, time] of sorted)
  console.log(
    `${((100 * time) / total).toFixed(1).padStart(5)} %  ${(time / 1000).toFixed(0).padStart(6)} ms  ${name}`,
  );
