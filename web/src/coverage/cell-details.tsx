import { useEffect, useState } from 'preact/hooks';
import type { BarVersionsAnswer } from '../../../src/gateway/dashboard/contract.ts';
import { daemon } from '../api/daemon.ts';
import { hashOf } from '../model/route.ts';
import { minuteText } from '../model/time-text.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { VersionTable } from '../ui/version-table.tsx';
import { stateTexts } from './state-text.ts';

export interface CellDetailsProps {
  readonly symbol: string;
  readonly minute: number;
  /** Changes when the cell may have changed. */
  readonly revision: number;
  readonly onClose?: () => void;
}

/** One cell: its bar, every version of it, and where each came from. */
export function CellDetails({ symbol, minute, revision, onClose }: CellDetailsProps) {
  const [answer, setAnswer] = useState<BarVersionsAnswer>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let isGone = false;
    daemon.versions(symbol, minute).then(
      (versions) => {
        if (isGone) return;
        setAnswer(versions);
        setProblem(undefined);
      },
      (error: unknown) => !isGone && setProblem(error instanceof Error ? error.message : 'unknown'),
    );
    return () => {
      isGone = true;
    };
  }, [symbol, minute, revision]);
  const isCurrent = answer?.symbol === symbol && answer.minute === minute;
  return (
    <section class="card cell" aria-label={`${symbol} at ${minuteText(minute)}`}>
      <header>
        <h2>
          <a href={hashOf('symbol', symbol)}>{symbol}</a> {minuteText(minute)} <small>ET</small>
        </h2>
        {onClose && (
          <button class="quiet-button" type="button" aria-label="Close the details" onClick={onClose}>
            ✕
          </button>
        )}
      </header>
      {problem !== undefined && <p class="problem">{problem}</p>}
      {isCurrent && (
        <>
          <p>
            <i
              class={`swatch swatch-${answer.healed && answer.state === 'bar' ? 'healed' : answer.state}`}
              aria-hidden="true"
            />{' '}
            <b>{answer.state}</b>: {stateTexts[answer.state]}
          </p>
          <p class="dim">
            {answer.askedOf.length > 0
              ? `Asked after it had settled: ${answer.askedOf.join(', ')}.`
              : 'Not yet asked after it had settled.'}
          </p>
          <VersionTable versions={answer.versions} minute={minute} />
          <ActionButton
            label="Ask again"
            run={async () => (await daemon.askAgain({ symbols: [symbol], from: minute, to: minute })).message}
          />
        </>
      )}
    </section>
  );
}
