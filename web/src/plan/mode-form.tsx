import { useState } from 'preact/hooks';
import type { ModeRequest, StatusAnswer } from '../../../src/gateway/dashboard/contract.ts';
import { type Mode, modes, modeShapes } from '../../../src/plan/modes.ts';
import { daemon } from '../api/daemon.ts';
import { countText } from '../model/time-text.ts';
import { ActionButton } from '../ui/action-button.tsx';

const modeTexts: Readonly<Record<Mode, string>> = {
  sequential: 'one symbol a request, one after another',
  concurrent: 'one symbol a request, ten at once',
  batch: 'batches of 25, one after another',
  hybrid: 'batches sized by the universe, a few at once',
};

/** Poll another way, from the next pass on. Nothing is lost by it: what is owed stays with the symbols. */
export function ModeForm({ status: { plan } }: { readonly status: StatusAnswer }) {
  const [mode, setMode] = useState<string>();
  const [batchSize, setBatchSize] = useState('');
  const [concurrency, setConcurrency] = useState('');
  const chosen = modes.find((candidate) => candidate === (mode ?? plan.mode)) ?? 'hybrid';
  const shape = modeShapes[chosen];
  const apply = async () => {
    const answer = await daemon.setMode(requestOf(chosen, batchSize, concurrency));
    return `From the next poll on: ${answer.mode}, ${answer.batchSize} a request, ${answer.concurrency} in flight.`;
  };
  return (
    <section class="card" aria-label="Mode">
      <h2>
        Mode{' '}
        <small>
          now {plan.mode}, {plan.batchSize} a request, {plan.concurrency} in flight,{' '}
          {countText(plan.requestsPerMinute)} requests a minute
        </small>
      </h2>
      <div class="form">
        <fieldset class="segments">
          <legend class="visually-hidden">Mode</legend>
          {modes.map((name) => (
            <button key={name} type="button" aria-pressed={chosen === name} onClick={() => setMode(name)}>
              {name}
            </button>
          ))}
        </fieldset>
        <label class="field">
          <span>Symbols a request</span>
          <input
            type="text"
            inputMode="numeric"
            placeholder={String(shape.batchSize)}
            value={batchSize}
            onInput={(event) => setBatchSize(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>In flight</span>
          <input
            type="text"
            inputMode="numeric"
            placeholder={String(shape.concurrency)}
            value={concurrency}
            onInput={(event) => setConcurrency(event.currentTarget.value)}
          />
        </label>
        <ActionButton label="Poll like this" isMain run={apply} />
      </div>
      <p class="dim">
        {chosen}: {modeTexts[chosen]}.
      </p>
    </section>
  );
}

function requestOf(mode: Mode, batchSize: string, concurrency: string): ModeRequest {
  const size = batchSize.trim();
  const flight = concurrency.trim();
  return {
    mode,
    ...(size !== '' && {
      batchSize: size === 'auto' ? ('auto' as const) : wholeNumber(size, 'Symbols a request'),
    }),
    ...(flight !== '' && { concurrency: wholeNumber(flight, 'In flight') }),
  };
}

function wholeNumber(text: string, name: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new Error(`“${name}” has to be a whole number.`);
}
