import { useState } from 'preact/hooks';
import type {
  BackfillAnswer,
  BackfillRequest,
  StatusAnswer,
} from '../../../src/gateway/dashboard/contract.ts';
import { daemon } from '../api/daemon.ts';
import { fromNewYorkText } from '../model/new-york-input.ts';
import { countText, dateText, plural, spanText } from '../model/time-text.ts';
import { ActionButton } from '../ui/action-button.tsx';

/** Fetch a range anew: first what it costs, then the button that starts it. */
export function BackfillForm({ status }: { readonly status: StatusAnswer | undefined }) {
  const today = dateText(status?.now ?? 0);
  const [from, setFrom] = useState<string>();
  const [to, setTo] = useState<string>();
  const [symbols, setSymbols] = useState('');
  const [cost, setCost] = useState<{ readonly request: BackfillRequest; readonly answer: BackfillAnswer }>();
  if (!status) return null;
  const fromText = from ?? `${today}T09:30`;
  const toText = to ?? `${today}T10:00`;
  const change = (set: (value: string) => void) => (event: Event & { currentTarget: HTMLInputElement }) => {
    set(event.currentTarget.value);
    setCost(undefined);
  };
  const price = async () => {
    const request = requestOf(fromText, toText, symbols);
    const answer = await daemon.backfill(request, true);
    setCost({ request, answer });
    return '';
  };
  return (
    <section class="card" aria-label="Backfill">
      <h2>
        Backfill a range{' '}
        <small>minutes that were never asked, in the lane that never makes live polls late</small>
      </h2>
      <div class="form">
        <label class="field">
          <span>From, ET</span>
          <input type="datetime-local" value={fromText} onInput={change(setFrom)} />
        </label>
        <label class="field">
          <span>To, ET</span>
          <input type="datetime-local" value={toText} onInput={change(setTo)} />
        </label>
        <label class="field grow">
          <span>Symbols</span>
          <input
            type="text"
            placeholder={`all ${countText(status.symbols)}`}
            value={symbols}
            onInput={change(setSymbols)}
          />
        </label>
        <ActionButton label="What does it cost?" run={price} />
      </div>
      {cost && (
        <p class="cost" role="status">
          {cost.answer.requests === 0 ? (
            'Nothing to do: every minute of it was asked already.'
          ) : (
            <>
              <b>{plural(cost.answer.requests, 'request')}</b> for {plural(cost.answer.symbols, 'symbol')} and
              up to {plural(cost.answer.cells, 'bar')}, in about <b>{spanText(cost.answer.seconds * 1000)}</b>{' '}
              of what live polling leaves of the budget.{' '}
              <ActionButton
                label="Start the backfill"
                isMain
                run={async () => {
                  const answer = await daemon.backfill(cost.request, false);
                  return `Backfill ${answer.job ?? ''} has started.`;
                }}
              />
            </>
          )}
        </p>
      )}
      {status.jobs.length > 0 && (
        <ul class="jobs" aria-label="Backfills">
          {status.jobs.map((job) => (
            <li key={job.id}>
              <b>{job.what}</b>: {job.state}, {job.questionsDone} of {plural(job.questions, 'question')},{' '}
              {plural(job.bars, 'bar')}
              {job.message === undefined ? '' : `. ${job.message}`}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function requestOf(from: string, to: string, symbols: string): BackfillRequest {
  const range = { from: minuteIn(from, 'From'), to: minuteIn(to, 'To') };
  if (range.to < range.from) throw new Error('“To” lies before “From”.');
  const list = symbols
    .toUpperCase()
    .split(/[\s,]+/)
    .filter((symbol) => symbol !== '');
  return list.length === 0 ? range : { ...range, symbols: list };
}

function minuteIn(text: string, name: string): number {
  const minute = fromNewYorkText(text);
  if (minute === undefined) throw new Error(`“${name}” is not a date with a time.`);
  return minute;
}
