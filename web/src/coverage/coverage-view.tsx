import { useMemo, useState } from 'preact/hooks';
import type { CoverageMap, RowOrder } from '../model/coverage-map.ts';
import { hashOf } from '../model/route.ts';
import type { Theme } from '../model/theme.ts';
import { countText, dayText } from '../model/time-text.ts';
import type { CoverageView as Coverage } from '../model/use-coverage.ts';
import { CellDetails } from './cell-details.tsx';
import { type Cell, HeatMap } from './heat-map.tsx';
import { Legend } from './legend.tsx';
import type { Window } from './paint.ts';

const spans = [
  { name: 'Session', minutes: Number.POSITIVE_INFINITY },
  { name: '2 h', minutes: 120 },
  { name: '30 min', minutes: 30 },
] as const;
type SpanName = (typeof spans)[number]['name'];

export interface CoverageViewProps {
  readonly coverage: Coverage;
  readonly now: number | undefined;
  readonly theme: Theme;
}

/** Every minute of every symbol of a day. */
export function CoverageView({ coverage, now, theme }: CoverageViewProps) {
  const { map, problem, revision } = coverage;
  const [search, setSearch] = useState('');
  const [by, setBy] = useState<RowOrder>('worst');
  const [chosen, setSpan] = useState<SpanName>();
  const [cell, setCell] = useState<Cell>();
  // Sorting by worst is done anew when what is wrong changes, not under the reader's eyes each second.
  const totals = map?.totals();
  const wrong = totals ? `${totals.missing} ${totals.quarantined}` : '';
  // A run that has just begun would be a sliver of its session: it is shown from its beginning on.
  const extent = useMemo(() => map?.extent(), [map]);
  const isShort =
    map !== undefined && extent !== undefined && map.minutes > 240 && extent.to - extent.from < 90;
  const span = chosen ?? (isShort ? '2 h' : 'Session');
  const order = useMemo(() => map?.order(by, search), [map, by, search, by === 'worst' ? wrong : '']);
  if (!map || !order)
    return (
      <section class="card">
        <p class={problem === undefined ? 'empty' : 'problem'}>{problem ?? 'Reading the day…'}</p>
      </section>
    );
  const { header } = map;
  return (
    <div class="coverage">
      <section class="card coverage-map" aria-label="Coverage">
        <div class="toolbar">
          <DayChooser coverage={coverage} map={map} />
          <label class="field">
            <span class="visually-hidden">Search symbols</span>
            <input
              type="search"
              placeholder="Search symbols"
              value={search}
              onInput={(event) => setSearch(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>Sort</span>
            <select value={by} onChange={(event) => setBy(event.currentTarget.value as RowOrder)}>
              <option value="worst">worst first</option>
              <option value="symbol">by symbol</option>
              <option value="quiet">quietest first</option>
            </select>
          </label>
          <fieldset class="segments">
            <legend class="visually-hidden">Span of time</legend>
            {spans.map(({ name }) => (
              <button key={name} type="button" aria-pressed={span === name} onClick={() => setSpan(name)}>
                {name}
              </button>
            ))}
          </fieldset>
          <span class="dim count">
            {order.length === map.symbols.length
              ? `${countText(order.length)} symbols`
              : `${countText(order.length)} of ${countText(map.symbols.length)} symbols`}
          </span>
        </div>
        <Legend counts={map.totals()} />
        {problem !== undefined && <p class="problem">{problem}</p>}
        {map.minutes === 0 ? (
          <p class="empty">The market is closed on {dayText(header.date)}. Look at another day.</p>
        ) : order.length === 0 ? (
          <p class="empty">
            {map.symbols.length === 0 ? 'No symbol is polled yet.' : `No symbol holds “${search}”.`}
          </p>
        ) : (
          <HeatMap
            map={map}
            revision={revision}
            order={order}
            window={chosen === undefined && isShort ? windowFrom(extent.from, map) : windowOf(map, span, now)}
            theme={theme}
            chosen={cell}
            onChoose={setCell}
            onOpen={(symbol) => {
              location.hash = hashOf('symbol', symbol);
            }}
          />
        )}
      </section>
      {cell && (
        <CellDetails
          symbol={map.symbols[cell.row] ?? ''}
          minute={header.from + cell.column}
          revision={map.revision}
          onClose={() => setCell(undefined)}
        />
      )}
    </div>
  );
}

function DayChooser({ coverage, map }: { readonly coverage: Coverage; readonly map: CoverageMap }) {
  const { date, previousDate, nextDate } = map.header;
  return (
    <span class="day">
      <button
        type="button"
        aria-label="The trading day before"
        disabled={previousDate === null}
        onClick={() => coverage.show(previousDate ?? undefined)}
      >
        ‹
      </button>
      <strong>{dayText(date)}</strong>
      <button
        type="button"
        aria-label="The trading day after"
        disabled={nextDate === null}
        onClick={() => coverage.show(nextDate ?? undefined)}
      >
        ›
      </button>
    </span>
  );
}

/** Two hours from a column on. */
function windowFrom(first: number, map: CoverageMap): Window {
  const from = Math.max(0, Math.min(first - 2, map.minutes - 120));
  return { from, to: from + 120 };
}

/** The last minutes up to the present one, or the whole session. */
function windowOf(map: CoverageMap, span: SpanName, now: number | undefined): Window {
  const minutes = spans.find(({ name }) => name === span)?.minutes ?? Number.POSITIVE_INFINITY;
  if (minutes >= map.minutes) return { from: 0, to: map.minutes };
  const present = now === undefined ? map.minutes : Math.floor(now / 60_000) - map.header.from;
  const to = Math.max(minutes, Math.min(map.minutes, present));
  return { from: to - minutes, to };
}
