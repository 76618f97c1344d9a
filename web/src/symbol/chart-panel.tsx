import { useEffect, useRef, useState } from 'preact/hooks';
import type { BarsAnswer, ChartBar } from '../../../src/gateway/dashboard/contract.ts';
import { daemon } from '../api/daemon.ts';
import type { StreamBar } from '../api/live-stream.ts';
import type { Theme } from '../model/theme.ts';
import { countText, minuteText, priceText, secondsText } from '../model/time-text.ts';
import type { DaemonView } from '../model/use-daemon.ts';
import { PriceChart } from './price-chart.ts';

/** Alpaca's spelling, and how many days of each are looked at. */
const timeframes = [
  { name: '1Min', days: 3 },
  { name: '5Min', days: 10 },
  { name: '15Min', days: 30 },
  { name: '1Hour', days: 90 },
  { name: '1Day', days: 730 },
] as const;
type TimeframeName = (typeof timeframes)[number]['name'];

const minutesPerDay = 1440;
const lateMs = 60_000;
const tableRows = 12;

export interface ChartPanelProps {
  readonly symbol: string;
  readonly service: DaemonView;
  readonly theme: Theme;
  readonly onPick: (minute: number) => void;
}

/** Candles of one symbol, live, with the newest bars as a table. */
export function ChartPanel({ symbol, service, theme, onPick }: ChartPanelProps) {
  const [timeframe, setTimeframe] = useState<TimeframeName>('1Min');
  const [answer, setAnswer] = useState<BarsAnswer>();
  const [problem, setProblem] = useState<string>();
  const [, redraw] = useState(0);
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart>(undefined);
  const now = useRef(0);
  const shown = useRef('');
  now.current = service.status?.now ?? now.current;
  const isReady = now.current > 0;

  useEffect(() => {
    if (!element.current) return undefined;
    chart.current = new PriceChart(element.current, onPick);
    shown.current = '';
    return () => {
      chart.current?.close();
      chart.current = undefined;
    };
  }, []);
  useEffect(() => chart.current?.dress(), [theme]);

  // With the stream, only what goes by; else once a pass.
  const isLive = service.stream === 'live' && !symbol.includes('/');
  const passes = isLive ? 0 : service.status?.lastPass?.minute;
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (!isReady) return undefined;
    let isGone = false;
    const days = timeframes.find(({ name }) => name === timeframe)?.days ?? 1;
    const end = Math.floor(now.current / 60_000);
    daemon.bars(symbol, timeframe, end - days * minutesPerDay, end).then(
      (bars) => {
        if (isGone) return;
        setAnswer(bars);
        setProblem(undefined);
        const key = `${symbol} ${timeframe}`;
        chart.current?.show(bars, shown.current !== key);
        shown.current = key;
      },
      (error: unknown) => !isGone && setProblem(error instanceof Error ? error.message : 'unknown'),
    );
    return () => {
      isGone = true;
    };
  }, [symbol, timeframe, isReady, passes, asked]);

  const isKnown = answer?.symbol === symbol && answer.known;
  useEffect(() => {
    if (!isKnown || symbol.includes('/')) return undefined;
    let timer: number | undefined;
    service.live.follow(symbol);
    const stop = service.onBar((bar) => {
      if (bar.S !== symbol) return;
      if (timeframe === '1Min' && chart.current) {
        chart.current.enter(toChartBar(bar, chart.current.bars, now.current));
        redraw((count) => count + 1);
        return;
      }
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setAsked((count) => count + 1), 250);
    });
    return () => {
      window.clearTimeout(timer);
      stop();
      service.live.follow(undefined);
    };
  }, [symbol, timeframe, isKnown]);

  const bars = chart.current?.bars ?? [];
  const isEmpty = answer?.symbol === symbol && bars.length === 0;
  return (
    <div class="chart-panel">
      <div class="toolbar">
        <fieldset class="segments">
          <legend class="visually-hidden">Timeframe</legend>
          {timeframes.map(({ name }) => (
            <button
              key={name}
              type="button"
              aria-pressed={timeframe === name}
              onClick={() => setTimeframe(name)}
            >
              {name}
            </button>
          ))}
        </fieldset>
        <LastBar bar={bars.at(-1)} isDaily={timeframe === '1Day'} />
        <span class="dim marks">
          <b class="mark-revised">R</b> revised <b class="mark-late">L</b> late{' '}
          <i class="swatch swatch-shade" /> outside regular hours
        </span>
      </div>
      {problem !== undefined && <p class="problem">{problem}</p>}
      <div
        ref={element}
        class="chart"
        role="img"
        aria-label={`${timeframe} candles and volume of ${symbol}; the newest are in the table below`}
      />
      {isEmpty && <p class="empty chart-empty">No bar of {symbol} is kept for this span.</p>}
      <BarTable bars={bars.slice(-tableRows)} onPick={timeframe === '1Min' ? onPick : undefined} />
    </div>
  );
}

function toChartBar(bar: StreamBar, known: readonly ChartBar[], now: number): ChartBar {
  const minute = Math.floor(Date.parse(bar.t) / 60_000);
  const before = known.findLast((each) => each.minute === minute);
  const { o, h, l, c, v, n, vw } = bar;
  const isLate = bar.T === 'b' && now - (minute + 1) * 60_000 > lateMs;
  return {
    minute,
    o,
    h,
    l,
    c,
    v,
    n,
    vw,
    revised: bar.T === 'u' ? 1 : (before?.revised ?? 0),
    late: isLate ? 1 : (before?.late ?? 0),
  };
}

function LastBar({ bar, isDaily }: { readonly bar: ChartBar | undefined; readonly isDaily: boolean }) {
  if (!bar) return null;
  return (
    <span class="last-bar">
      <b>{priceText(bar.c)}</b> <small>{isDaily ? 'today' : `${minuteText(bar.minute)} ET`}</small>
    </span>
  );
}

interface BarTableProps {
  readonly bars: readonly ChartBar[];
  readonly onPick: ((minute: number) => void) | undefined;
}

function BarTable({ bars, onPick }: BarTableProps) {
  if (bars.length === 0) return null;
  return (
    <details>
      <summary>The newest {bars.length} bars as a table</summary>
      <div class="table-scroll">
        <table class="numbers">
          <thead>
            <tr>
              {['Time, ET', 'Open', 'High', 'Low', 'Close', 'Volume', 'Trades', 'VWAP', 'Remarks'].map(
                (name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {bars.toReversed().map((bar) => (
              <tr key={bar.minute}>
                <td>
                  {onPick ? (
                    <button type="button" class="link-button" onClick={() => onPick(bar.minute)}>
                      {minuteText(bar.minute)}
                    </button>
                  ) : (
                    secondsText(bar.minute * 60_000).slice(0, 5)
                  )}
                </td>
                <td>{priceText(bar.o)}</td>
                <td>{priceText(bar.h)}</td>
                <td>{priceText(bar.l)}</td>
                <td>{priceText(bar.c)}</td>
                <td>{countText(bar.v)}</td>
                <td>{countText(bar.n)}</td>
                <td>{priceText(bar.vw)}</td>
                <td>{[bar.revised > 0 && 'revised', bar.late > 0 && 'late'].filter(Boolean).join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
