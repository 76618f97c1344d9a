const parts = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  hourCycle: 'h23',
});

/** What the clocks in New York show at `instant`, as if it were UTC. */
function shownAt(instant: number): number {
  const value = Object.fromEntries(
    parts.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(
    value['year'] ?? 0,
    (value['month'] ?? 1) - 1,
    value['day'],
    value['hour'],
    value['minute'],
  );
}

/** The minute of `2026-01-14T09:30` on the clocks of New York; undefined when the text is none. */
export function fromNewYorkText(text: string): number | undefined {
  const wanted = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(`${text.slice(0, 16)}Z`) : Number.NaN;
  if (Number.isNaN(wanted)) return undefined;
  // The offset of the guess may be another one than that of the instant, next to a clock change: look twice.
  const guess = wanted + (wanted - shownAt(wanted));
  return Math.floor((guess + (wanted - shownAt(guess))) / 60_000);
}
