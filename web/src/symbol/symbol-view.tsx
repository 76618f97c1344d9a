import { useEffect, useState } from 'preact/hooks';
import { CellDetails } from '../coverage/cell-details.tsx';
import { HeatMap } from '../coverage/heat-map.tsx';
import { Legend } from '../coverage/legend.tsx';
import type { CoverageMap } from '../model/coverage-map.ts';
import { hashOf } from '../model/route.ts';
import type { Theme } from '../model/theme.ts';
import { dayText } from '../model/time-text.ts';
import type { CoverageView } from '../model/use-coverage.ts';
import type { DaemonView } from '../model/use-daemon.ts';
import { ChartPanel } from './chart-panel.tsx';

export interface SymbolViewProps {
  readonly symbol: string | undefined;
  readonly service: DaemonView;
  readonly coverage: CoverageView;
  readonly theme: Theme;
}

/** One symbol: its candles, its day, and the versions of a bar. */
export function SymbolView({ symbol, service, coverage, theme }: SymbolViewProps) {
  const [minute, setMinute] = useState<number>();
  useEffect(() => setMinute(undefined), [symbol]);
  const { map } = coverage;
  return (
    <div class="stack">
      <section class="card" aria-label="Symbol">
        <SymbolSearch key={symbol ?? ''} symbol={symbol} map={map} />
        {symbol === undefined ? (
          <p class="empty">Type a symbol, or click a name in the coverage map.</p>
        ) : (
          <ChartPanel symbol={symbol} service={service} theme={theme} onPick={setMinute} />
        )}
      </section>
      {symbol !== undefined && map && (
        <DayStrip
          symbol={symbol}
          map={map}
          coverage={coverage}
          theme={theme}
          minute={minute}
          onPick={setMinute}
        />
      )}
      {symbol !== undefined && minute !== undefined && (
        <CellDetails
          symbol={symbol}
          minute={minute}
          revision={map?.revision ?? 0}
          onClose={() => setMinute(undefined)}
        />
      )}
    </div>
  );
}

function SymbolSearch({
  symbol,
  map,
}: {
  readonly symbol: string | undefined;
  readonly map: CoverageMap | undefined;
}) {
  const [text, setText] = useState(symbol ?? '');
  const typed = text.trim().toUpperCase();
  const suggestions =
    typed === '' ? [] : (map?.symbols ?? []).filter((name) => name.startsWith(typed)).slice(0, 12);
  const open = (name: string) => {
    if (name !== '') location.hash = hashOf('symbol', name);
  };
  return (
    <form
      class="toolbar"
      onSubmit={(event) => {
        event.preventDefault();
        open(typed);
      }}
    >
      <label class="field">
        <span class="visually-hidden">Symbol</span>
        <input
          type="search"
          list="symbols"
          placeholder="Symbol, such as AAPL"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            const { value } = event.currentTarget;
            setText(value);
            // A suggestion was taken: nothing was typed, the whole name came at once.
            if (event instanceof InputEvent && event.inputType === 'insertReplacementText') open(value);
          }}
        />
        <datalist id="symbols">
          {suggestions.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

interface DayStripProps {
  readonly symbol: string;
  readonly map: CoverageMap;
  readonly coverage: CoverageView;
  readonly theme: Theme;
  readonly minute: number | undefined;
  readonly onPick: (minute: number) => void;
}

/** The coverage of the symbol's day, a row of the map. */
function DayStrip({ symbol, map, coverage, theme, minute, onPick }: DayStripProps) {
  const row = map.rowOf(symbol);
  const { from, date } = map.header;
  if (row < 0)
    return (
      <section class="card" aria-label="Coverage of the day">
        <p class="empty">{symbol} is not polled.</p>
      </section>
    );
  return (
    <section class="card strip" aria-label="Coverage of the day">
      <h2>
        Coverage <small>{dayText(date)}</small>
      </h2>
      <Legend counts={map.counts(row)} />
      {map.minutes > 0 && (
        <HeatMap
          map={map}
          revision={coverage.revision}
          order={Uint32Array.of(row)}
          window={{ from: 0, to: map.minutes }}
          theme={theme}
          chosen={minute === undefined ? undefined : { row, column: minute - from }}
          onChoose={({ column }) => onPick(from + column)}
          onOpen={() => undefined}
        />
      )}
    </section>
  );
}
