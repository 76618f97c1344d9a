import type { VersionAnswer } from '../../../src/gateway/dashboard/contract.ts';
import { countText, priceText, secondsText, spanText } from '../model/time-text.ts';

type ValueName = 'o' | 'h' | 'l' | 'c' | 'v' | 'n' | 'vw';

const values: readonly (readonly [ValueName, string, (value: number) => string])[] = [
  ['o', 'Open', priceText],
  ['h', 'High', priceText],
  ['l', 'Low', priceText],
  ['c', 'Close', priceText],
  ['v', 'Volume', countText],
  ['n', 'Trades', countText],
  ['vw', 'VWAP', priceText],
];

export interface VersionTableProps {
  readonly versions: readonly VersionAnswer[];
  readonly minute: number;
}

/** The versions of a bar side by side, the served one last, with what each changed underlined. */
export function VersionTable({ versions, minute }: VersionTableProps) {
  if (versions.length === 0) return <p class="empty">No bar is kept for this minute.</p>;
  const close = (minute + 1) * 60_000;
  const last = versions.length - 1;
  const served = (at: number) => (at === last ? 'is-served' : '');
  return (
    <div class="table-scroll">
      <table class="numbers versions">
        <caption>
          {versions.length === 1 ? 'One version' : `${versions.length} versions; the last one is served`}
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Value</span>
            </th>
            {versions.map(({ version }, at) => (
              <th key={version} scope="col" class={served(at)}>
                Version {version}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Came from</th>
            {versions.map(({ version, feed }, at) => (
              <td key={version} class={served(at)}>
                {feed}
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">Received, ET</th>
            {versions.map(({ version, receivedAt }, at) => (
              <td key={version} class={served(at)}>
                {secondsText(receivedAt)}
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">After the close</th>
            {versions.map(({ version, receivedAt }, at) => (
              <td key={version} class={served(at)}>
                {spanText(receivedAt - close)}
              </td>
            ))}
          </tr>
          {values.map(([name, title, text]) => (
            <tr key={name}>
              <th scope="row">{title}</th>
              {versions.map((version, at) => (
                <td
                  key={version.version}
                  class={`${served(at)} ${isChanged(versions, at, name) ? 'is-changed' : ''}`}
                >
                  {text(version[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isChanged(versions: readonly VersionAnswer[], at: number, name: ValueName): boolean {
  const before = versions[at - 1];
  return before !== undefined && before[name] !== versions[at]?.[name];
}
