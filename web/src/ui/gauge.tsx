export interface GaugePart {
  readonly name: string;
  readonly value: number;
  /** A class of the style sheet: how the part is drawn. */
  readonly look: string;
}

export interface GaugeProps {
  readonly label: string;
  readonly text: string;
  readonly parts: readonly GaugePart[];
  readonly most: number;
  /** Places on the scale that are worth a tick. */
  readonly ticks?: readonly number[];
}

/** A bar from 0 to `most` in named parts. The text says the same in words. */
export function Gauge({ label, text, parts, most, ticks = [] }: GaugeProps) {
  const share = (value: number) => `${Math.min(100, (100 * value) / Math.max(1, most))}%`;
  const used = parts.reduce((sum, part) => sum + part.value, 0);
  return (
    <div
      class="gauge"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuenow={Math.min(used, most)}
      aria-valuetext={text}
    >
      {parts.map(({ name, value, look }) => (
        <i key={name} class={look} style={{ width: share(value) }} />
      ))}
      {ticks.map((tick) => (
        <s key={tick} style={{ left: share(tick) }} />
      ))}
    </div>
  );
}
