import { cellStates } from '../../../src/gateway/dashboard/contract.ts';
import type { StateCounts } from '../model/coverage-map.ts';
import { countText } from '../model/time-text.ts';
import { stateTexts } from './state-text.ts';

/** What the shapes and shades mean, with how many cells of each there are. */
export function Legend({ counts }: { readonly counts: StateCounts }) {
  return (
    <ul class="legend" aria-label="States, with the number of cells in each">
      {cellStates
        .filter((state) => state !== 'none')
        .map((state) => (
          <li key={state} title={stateTexts[state]} class={counts[state] === 0 ? 'is-zero' : ''}>
            <i class={`swatch swatch-${state}`} aria-hidden="true" />
            {state} <b>{countText(counts[state])}</b>
          </li>
        ))}
      <li
        title="also asked of the consolidated tape, which has the last word"
        class={counts.healed === 0 ? 'is-zero' : ''}
      >
        <i class="swatch swatch-healed" aria-hidden="true" />
        healed <b>{countText(counts.healed)}</b>
      </li>
    </ul>
  );
}
