import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { BarsAnswer, ChartBar } from '../../../src/gateway/dashboard/contract.ts';
import { colour } from '../model/theme.ts';

const newYork = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-US', { timeZone: 'America/New_York', hourCycle: 'h23', ...options });
const clockFormat = newYork({ hour: '2-digit', minute: '2-digit' });
const dateFormat = newYork({ day: 'numeric', month: 'short' });
const bothFormat = newYork({
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** Tick marks of this weight and below are times of day; above, dates. */
const lastTimeMark = 3;

const toTime = (minute: number) => (minute * 60) as UTCTimestamp;
const msOf = (time: Time) => Number(time) * 1000;

/** Candles with volume below, hours outside the regular session shaded, revised and late bars marked. */
export class PriceChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  readonly #shade: ISeriesApi<'Histogram'>;
  readonly #markers: ISeriesMarkersPluginApi<Time>;
  #bars: ChartBar[] = [];
  #sessions: BarsAnswer['sessions'] = [];
  #isDaily = false;

  constructor(element: HTMLElement, onPick: (minute: number) => void) {
    this.#chart = createChart(element, {
      autoSize: true,
      localization: { locale: 'en-US', timeFormatter: (time: Time) => this.#timeText(time) },
      timeScale: {
        timeVisible: true,
        rightOffset: 4,
        tickMarkFormatter: (time: Time, mark: number) =>
          mark >= lastTimeMark && !this.#isDaily
            ? clockFormat.format(msOf(time))
            : dateFormat.format(msOf(time)),
      },
    });
    this.#shade = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: 'shade',
      priceLineVisible: false,
      lastValueVisible: false,
    });
    this.#shade.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0 }, visible: false });
    this.#candles = this.#chart.addSeries(CandlestickSeries, { borderVisible: true });
    this.#candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.06 } });
    this.#volume = this.#chart.addSeries(
      HistogramSeries,
      { priceFormat: { type: 'volume' }, priceLineVisible: false, lastValueVisible: false },
      1,
    );
    this.#chart.panes()[1]?.setStretchFactor(0.28);
    this.#markers = createSeriesMarkers(this.#candles, []);
    this.#chart.subscribeClick(({ time }) => {
      if (time !== undefined) onPick(Math.floor(msOf(time) / 60_000));
    });
    this.dress();
  }

  /** Take over the colours of the present theme. */
  dress(): void {
    const [text, line] = [colour('dim'), colour('line')];
    this.#chart.applyOptions({
      layout: {
        background: { color: 'transparent' },
        textColor: text,
        panes: { separatorColor: line },
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSize: 11,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    const [up, down, panel] = [colour('up'), colour('down'), colour('panel')];
    // A rising candle is hollow: the direction shows without its colour.
    this.#candles.applyOptions({
      upColor: panel,
      downColor: down,
      borderUpColor: up,
      borderDownColor: down,
      wickUpColor: up,
      wickDownColor: down,
      priceLineColor: colour('accent'),
    });
    this.#volume.applyOptions({ color: colour('s-bar') });
    this.#draw();
  }

  /** Show these bars; `fit` moves to the newest of them. */
  show(answer: BarsAnswer, fit: boolean): void {
    this.#bars = [...answer.bars];
    this.#sessions = answer.sessions;
    this.#isDaily = answer.timeframe === '1Day';
    this.#draw();
    if (fit) this.#chart.timeScale().setVisibleLogicalRange(this.#lastPart());
  }

  /** Enter one bar: it replaces the one of its minute, or comes to its place. */
  enter(bar: ChartBar): void {
    const last = this.#bars.at(-1);
    if (last && bar.minute < last.minute) {
      const at = this.#bars.findIndex(({ minute }) => minute >= bar.minute);
      const isSame = this.#bars[at]?.minute === bar.minute;
      this.#bars.splice(Math.max(0, at), isSame ? 1 : 0, bar);
      this.#draw();
      return;
    }
    if (last?.minute === bar.minute) this.#bars.pop();
    this.#bars.push(bar);
    this.#candles.update(candleOf(bar));
    this.#volume.update(volumeOf(bar));
    if (this.#isShaded(bar.minute)) this.#shade.update(this.#shadeOf(bar));
    this.#mark();
  }

  get bars(): readonly ChartBar[] {
    return this.#bars;
  }

  close(): void {
    this.#chart.remove();
  }

  #draw(): void {
    this.#candles.setData(this.#bars.map(candleOf));
    this.#volume.setData(this.#bars.map(volumeOf));
    this.#shade.setData(
      this.#bars.filter(({ minute }) => this.#isShaded(minute)).map((bar) => this.#shadeOf(bar)),
    );
    this.#mark();
  }

  #mark(): void {
    const [revised, late] = [colour('accent'), colour('warn')];
    this.#markers.setMarkers(
      this.#bars.flatMap((bar): SeriesMarker<Time>[] => {
        const time = toTime(bar.minute);
        if (bar.revised > 0)
          return [{ time, position: 'aboveBar', shape: 'circle', color: revised, size: 0.6, text: 'R' }];
        if (bar.late > 0)
          return [{ time, position: 'belowBar', shape: 'arrowUp', color: late, size: 0.6, text: 'L' }];
        return [];
      }),
    );
  }

  #isShaded(minute: number): boolean {
    return (
      !this.#isDaily &&
      this.#sessions.length > 0 &&
      !this.#sessions.some(({ from, to }) => minute >= from && minute <= to)
    );
  }

  #shadeOf(bar: ChartBar) {
    return { time: toTime(bar.minute), value: 1, color: colour('shade-chart') };
  }

  #lastPart(): { from: number; to: number } {
    const width = Math.max(40, Math.floor(this.#chart.timeScale().width() / 7));
    return { from: this.#bars.length - width, to: this.#bars.length + 3 };
  }

  #timeText(time: Time): string {
    return this.#isDaily ? dateFormat.format(msOf(time)) : `${bothFormat.format(msOf(time))} ET`;
  }
}

const candleOf = ({ minute, o, h, l, c }: ChartBar) => ({
  time: toTime(minute),
  open: o,
  high: h,
  low: l,
  close: c,
});
const volumeOf = ({ minute, v }: ChartBar) => ({ time: toTime(minute), value: v });
