import { useEffect, useState } from 'preact/hooks';
import type { GapAnswer, QuarantineAnswer, StatusAnswer } from '../../../src/gateway/dashboard/contract.ts';
import { daemon } from '../api/daemon.ts';
import { hashOf } from '../model/route.ts';
import { countText, instantText, minuteText, plural, spanText } from '../model/time-text.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { BackfillForm } from './backfill-form.tsx';

const everyMs = 3_000;

interface Troubles {
  readonly quarantine: readonly QuarantineAnswer[];
  readonly gaps: readonly GapAnswer[];
}

/** What is wrong, why, and what happens next; and how to hurry it along. */
export function TroubleView({ status }: { readonly status: StatusAnswer | undefined }) {
  const [troubles, setTroubles] = useState<Troubles>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let isGone = false;
    let timer: number | undefined;
    const run = async () => {
      try {
        const [quarantine, gaps] = await Promise.all([daemon.quarantine(), daemon.gaps()]);
        if (isGone) return;
        setTroubles({ quarantine, gaps });
        setProblem(undefined);
      } catch (error) {
        if (isGone) return;
        setProblem(error instanceof Error ? error.message : 'the lists could not be read');
      }
      timer = window.setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      isGone = true;
      window.clearTimeout(timer);
    };
  }, []);
  const now = status?.now ?? 0;
  return (
    <div class="stack">
      {problem !== undefined && <p class="card problem">{problem}</p>}
      <section class="card" aria-label="Gaps">
        <h2>
          Gaps <small>minutes that could not be asked for</small>
        </h2>
        {troubles && <Gaps gaps={troubles.gaps} />}
      </section>
      <section class="card" aria-label="Quarantine">
        <h2>
          Quarantine <small>symbols that the service refuses, set aside so that they cost no others</small>
        </h2>
        {troubles && <Quarantine entries={troubles.quarantine} now={now} />}
      </section>
      <BackfillForm status={status} />
    </div>
  );
}

function Gaps({ gaps }: { readonly gaps: readonly GapAnswer[] }) {
  if (gaps.length === 0) return <p class="empty">No gap is open.</p>;
  return (
    <div class="table-scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Symbols</th>
            <th scope="col">Minutes, ET</th>
            <th scope="col">Why</th>
            <th scope="col">What happens next</th>
            <th scope="col">
              <span class="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {gaps.map((gap) => (
            <tr key={`${gap.from} ${gap.reason} ${gap.symbols[0]}`}>
              <td data-label="Symbols" title={gap.symbols.join(' ')}>
                {symbolsText(gap)}
              </td>
              <td class="nowrap" data-label="Minutes, ET">
                {minuteText(gap.from)}–{minuteText(gap.to)}
              </td>
              <td data-label="Why">{gap.reason}</td>
              <td data-label="Next">{gap.next}</td>
              <td>
                <ActionButton
                  label="Ask again now"
                  run={async () =>
                    (await daemon.askAgain({ symbols: gap.symbols, from: gap.from, to: gap.to })).message
                  }
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function symbolsText({ symbols, count }: GapAnswer): string {
  const shown = symbols.slice(0, 4).join(', ');
  return count > 4 ? `${shown} and ${countText(count - 4)} more` : shown;
}

function Quarantine({
  entries,
  now,
}: {
  readonly entries: readonly QuarantineAnswer[];
  readonly now: number;
}) {
  if (entries.length === 0) return <p class="empty">The service accepts every symbol.</p>;
  return (
    <>
      <p>
        <ActionButton
          label={`Look at ${entries.length === 1 ? 'it' : `all ${plural(entries.length, 'symbol')}`} again`}
          run={async () => (await daemon.askAgain({ symbols: entries.map(({ symbol }) => symbol) })).message}
        />
      </p>
      <div class="table-scroll">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Symbol</th>
              <th scope="col">Why</th>
              <th scope="col">Since, ET</th>
              <th scope="col">Looked at again, ET</th>
              <th scope="col">
                <span class="visually-hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {entries.map(({ symbol, reason, since, nextLook }) => (
              <tr key={symbol}>
                <td data-label="Symbol">
                  <a href={hashOf('symbol', symbol)}>{symbol}</a>
                </td>
                <td data-label="Why">{reason}</td>
                <td class="nowrap" data-label="Since, ET">
                  {instantText(since, now)}
                </td>
                <td class="nowrap" data-label="Looked at again, ET">
                  {nextLook > now
                    ? `${instantText(nextLook, now)}, in ${spanText(nextLook - now)}`
                    : 'at the next poll'}
                </td>
                <td>
                  <ActionButton
                    label="Ask again"
                    run={async () => (await daemon.askAgain({ symbols: [symbol] })).message}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
