import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CoverageMap } from '../model/coverage-map.ts';
import { colour, type Theme } from '../model/theme.ts';
import { minuteText } from '../model/time-text.ts';
import { kinds, nameWidth, paint, type Palette, rowHeight, type Window } from './paint.ts';
import { describeCell } from './state-text.ts';

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface HeatMapProps {
  readonly map: CoverageMap;
  readonly revision: number;
  readonly order: Uint32Array;
  readonly window: Window;
  readonly theme: Theme;
  readonly chosen: Cell | undefined;
  readonly onChoose: (cell: Cell) => void;
  readonly onOpen: (symbol: string) => void;
}

interface Cursor {
  readonly place: number;
  readonly column: number;
}

const axisTicks = [1, 2, 5, 10, 15, 30, 60, 120, 240];

/** The day as a picture: a row for each symbol, a column for each minute. */
export function HeatMap(props: HeatMapProps) {
  const { map, order, window: shown, theme, revision, chosen, onChoose, onOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef(0);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [cursor, setCursor] = useState<Cursor>();
  const [pointed, setPointed] = useState<Cursor>();
  const { regular, from } = map.header;

  const draw = useCallback(() => {
    frame.current = 0;
    const [box, target] = [scroller.current, canvas.current];
    if (!box || !target || size.width === 0) return;
    const ratio = Math.max(1, window.devicePixelRatio);
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (target.width !== width) target.width = width;
    if (target.height !== height) target.height = height;
    paint(
      target,
      {
        row: (place) => map.row(order[place] ?? 0),
        name: (place) => map.symbols[order[place] ?? 0] ?? '',
        rows: order.length,
        window: shown,
        regular: regular ? { from: regular.from - from, to: regular.to - from } : undefined,
        scrollTop: box.scrollTop,
        cursor: cursor ?? placeOf(chosen, order),
      },
      paletteOf(),
      ratio,
    );
  }, [map, order, shown, size, cursor, chosen, regular, from]);

  const schedule = useCallback(() => {
    frame.current ||= requestAnimationFrame(draw);
  }, [draw]);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return undefined;
    const observer = new ResizeObserver(() => setSize({ width: box.clientWidth, height: box.clientHeight }));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    schedule();
    return () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [schedule, revision, theme]);

  const cellAt = (event: MouseEvent): Cursor | undefined => {
    const box = scroller.current;
    if (!box) return undefined;
    const bounds = box.getBoundingClientRect();
    const place = Math.floor((event.clientY - bounds.top + box.scrollTop) / rowHeight);
    const across = (event.clientX - bounds.left - nameWidth) / (box.clientWidth - nameWidth);
    if (place >= order.length) return undefined;
    const column = shown.from + Math.floor(Math.max(0, across) * (shown.to - shown.from));
    return { place, column: across < 0 ? -1 : Math.min(shown.to - 1, column) };
  };
  const choose = ({ place, column }: Cursor) => onChoose({ row: order[place] ?? 0, column });
  const onClick = (event: MouseEvent) => {
    const cell = cellAt(event);
    if (!cell) return;
    if (cell.column < 0) onOpen(map.symbols[order[cell.place] ?? 0] ?? '');
    else {
      setCursor(cell);
      choose(cell);
    }
  };
  const move = (next: Cursor) => {
    const place = Math.max(0, Math.min(order.length - 1, next.place));
    const column = Math.max(shown.from, Math.min(shown.to - 1, next.column));
    setCursor({ place, column });
    const box = scroller.current;
    if (!box) return;
    if (place * rowHeight < box.scrollTop) box.scrollTop = place * rowHeight;
    const bottom = (place + 1) * rowHeight - box.clientHeight;
    if (bottom > box.scrollTop) box.scrollTop = bottom;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = cursor ?? {
      place: Math.ceil((scroller.current?.scrollTop ?? 0) / rowHeight),
      column: shown.to - 1,
    };
    const page = Math.max(1, Math.floor(size.height / rowHeight) - 1);
    const steps: Readonly<Record<string, Cursor>> = {
      ArrowUp: { place: at.place - 1, column: at.column },
      ArrowDown: { place: at.place + 1, column: at.column },
      ArrowLeft: { place: at.place, column: at.column - (event.shiftKey ? 10 : 1) },
      ArrowRight: { place: at.place, column: at.column + (event.shiftKey ? 10 : 1) },
      PageUp: { place: at.place - page, column: at.column },
      PageDown: { place: at.place + page, column: at.column },
      Home: { place: 0, column: at.column },
      End: { place: order.length - 1, column: at.column },
    };
    const step = steps[event.key];
    if (step) move(step);
    else if (event.key === 'Enter') choose(at);
    else if (event.key === 's') onOpen(map.symbols[order[at.place] ?? 0] ?? '');
    else return;
    event.preventDefault();
  };

  const told = pointed && pointed.column >= 0 ? pointed : cursor;
  return (
    <div class="heat">
      <Axis window={shown} from={from} width={size.width} />
      <div
        class="heat-scroll"
        ref={scroller}
        tabIndex={0}
        role="application"
        aria-label={`Coverage map, ${order.length} symbols by ${shown.to - shown.from} minutes. Arrow keys move, Enter opens a cell, S opens the symbol.`}
        aria-describedby="heat-told"
        onScroll={schedule}
        onClick={onClick}
        onMouseMove={(event) => setPointed(cellAt(event))}
        onMouseLeave={() => setPointed(undefined)}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} style={{ width: `${size.width}px`, height: `${size.height}px` }} />
        <div style={{ height: `${Math.max(0, order.length * rowHeight - size.height)}px` }} />
      </div>
      <output id="heat-told" class="heat-told" aria-live="polite">
        {told
          ? describeCell(map, order[told.place] ?? 0, told.column)
          : 'Point at a cell, or move with the arrow keys'}
      </output>
    </div>
  );
}

function placeOf(cell: Cell | undefined, order: Uint32Array): Cursor | undefined {
  if (!cell) return undefined;
  const place = order.indexOf(cell.row);
  return place < 0 ? undefined : { place, column: cell.column };
}

function paletteOf(): Palette {
  return {
    colours: Object.fromEntries(kinds.map((kind) => [kind, colour(`s-${kind}`)])) as Palette['colours'],
    background: colour('panel'),
    shade: colour('shade'),
    text: colour('text'),
    cursor: colour('text'),
  };
}

function Axis({ window: shown, from, width }: { window: Window; from: number; width: number }) {
  const span = shown.to - shown.from;
  const room = Math.max(1, width - nameWidth);
  const step = axisTicks.find((minutes) => (minutes * room) / Math.max(1, span) >= 64) ?? 240;
  const first = Math.ceil((from + shown.from) / step) * step;
  const ticks = Array.from(
    { length: Math.max(0, Math.ceil((from + shown.to - first) / step)) },
    (_, at) => first + at * step,
  );
  return (
    <div class="heat-axis" aria-hidden="true">
      {ticks.map((minute) => {
        const x = nameWidth + ((minute - from - shown.from) * room) / Math.max(1, span);
        if (x > width - 34) return null;
        return (
          <span key={minute} style={{ left: `${x}px` }}>
            {minuteText(minute)}
          </span>
        );
      })}
    </div>
  );
}
