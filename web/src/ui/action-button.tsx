import { useState } from 'preact/hooks';

export interface ActionButtonProps {
  readonly label: string;
  readonly isMain?: boolean;
  readonly isDisabled?: boolean;
  /** Does it, and says in a sentence what came of it. */
  readonly run: () => Promise<string>;
}

/** A button that says what became of its press. */
export function ActionButton({ label, run, isMain, isDisabled }: ActionButtonProps) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ readonly text: string; readonly isBad: boolean }>();
  const press = async () => {
    setBusy(true);
    setSaid(undefined);
    try {
      setSaid({ text: await run(), isBad: false });
    } catch (error) {
      setSaid({ text: error instanceof Error ? error.message : 'it failed', isBad: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <span class="action">
      <button
        type="button"
        class={isMain ? 'main-button' : ''}
        disabled={busy || isDisabled}
        onClick={() => void press()}
      >
        {label}
      </button>
      <span role="status" class={said?.isBad ? 'problem' : 'dim'}>
        {said?.text}
      </span>
    </span>
  );
}
