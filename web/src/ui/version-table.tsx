import type { VersionAnswer } from '../../../src/gateway/dashboard/contract.ts';
import { countText, priceText, secondsText, spanText } from '../model/time-text.ts';

/** The versions of a bar, the served one last. */
export function VersionTable({
  versions,
  minute,
}: {
  readonly versions: readonly VersionAnswer[];
  readonly minute: number;
}) {
  if (versions.length === 0) return <p class="empty">No bar is kept for this minute.</p>;
  const close = (minute + 1) * 60_000;
  return (
    <div class="table-scroll">
      <table class="numbers">
        <caption>
          {versions.length === 1 ? 'One version' : `${versions.length} versions, the served one last`}
        </caption>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">From</th>
            <th scope="col">Received</th>
            <th scope="col">After close</th>
            <th scope="col">Open</th>
            <th scope="col">High</th>
            <th scope="col">Low</th>
            <th scope="col">Close</th>
            <th scope="col">Volume</th>
            <th scope="col">Trades</th>
            <th scope="col">VWAP</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version, at) => (
            <tr
              key={`${version.feed} ${version.version}`}
              class={at === versions.length - 1 ? 'is-served' : ''}
            >
              <td>{version.version}</td>
              <td>{version.feed}</td>
              <td>{secondsText(version.receivedAt)}</td>
              <td>{spanText(version.receivedAt - close)}</td>
              {(['o', 'h', 'l', 'c'] as const).map((name) => (
                <td key={name} class={differs(versions, at, name)}>
                  {priceText(version[name])}
                </td>
              ))}
              <td class={differs(versions, at, 'v')}>{countText(version.v)}</td>
              <td class={differs(versions, at, 'n')}>{countText(version.n)}</td>
              <td class={differs(versions, at, 'vw')}>{priceText(version.vw)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Marks what a version changed. */
function differs(
  versions: readonly VersionAnswer[],
  at: number,
  name: 'o' | 'h' | 'l' | 'c' | 'v' | 'n' | 'vw',
) {
  const before = versions[at - 1];
  return before && before[name] !== versions[at]?.[name] ? 'is-changed' : '';
}
