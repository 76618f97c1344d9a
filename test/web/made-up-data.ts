import { FleeceError } from '../../src/errors.ts';
import type {
  AskAgainRequest,
  BackfillAnswer,
  BackfillRequest,
  BarsAnswer,
  BarVersionsAnswer,
  ChartBar,
  GapAnswer,
  JobAnswer,
  ModeRequest,
  PlanAnswer,
  QuarantineAnswer,
  StatusAnswer,
} from '../../src/gateway/dashboard/contract.ts';
import type {
  ChartQuery,
  CoverageAnswer,
  DashboardData,
} from '../../src/gateway/dashboard/dashboard-data.ts';

/** Wednesday 2026-01-14: from 04:00 to 20:00 in New York. */
const open = Date.parse('2026-01-14T09:00:00Z') / 60_000;
const close = open + 960;
const regular = { from: open + 330, to: open + 720 };

/** A day that nobody traded, for the page's tests: the same numbers for the same number of symbols. */
export class MadeUpData implements DashboardData {
  readonly symbols: readonly string[];
  readonly asked: AskAgainRequest[] = [];
  readonly backfills: BackfillRequest[] = [];
  readonly modes: ModeRequest[] = [];
  quarantine: QuarantineAnswer[] = [];
  gaps: GapAnswer[] = [];
  jobs: JobAnswer[] = [];
  plan: PlanAnswer = {
    mode: 'hybrid',
    batchSize: 50,
    concurrency: 4,
    requestsPerMinute: 10,
    budgetPerMinute: 180,
    cadenceMinutes: 1,
    secondsPerCycle: 0.5,
    warnings: [],
  };
  /** The present minute after the opening; it goes on by itself when a test says so. */
  minute = 500;
  more: Partial<StatusAnswer> = {};
  failure: string | undefined;
  #sent = 0;

  constructor(count: number) {
    this.symbols = Array.from({ length: count }, (_, at) => nameOf(at));
  }

  get now(): number {
    return (open + this.minute) * 60_000 + 12_000;
  }

  status(): StatusAnswer {
    if (this.failure !== undefined) throw new Error(this.failure);
    return {
      now: this.now,
      startedAt: open * 60_000,
      feed: 'iex',
      sessionKind: 'extended',
      symbols: this.symbols.length,
      quarantined: this.quarantine.length,
      openGapMinutes: this.gaps.reduce((sum, gap) => sum + gap.count * (gap.to - gap.from + 1), 0),
      clients: 3,
      lastSealed: open + this.minute - 7,
      sealDue: open + this.minute - 7,
      breaker: 'closed',
      budget: {
        used: 64,
        limit: 180,
        byLane: { live: 48, repair: 4, backfill: 12 },
        waiting: 2,
        refused: 0,
      },
      lateness: { p50Ms: 2_150, p99Ms: 8_400 },
      clockOffsetMs: -38,
      market: { session: 'regular', nextChange: regular.to * 60_000 },
      store: { commits: 900, lastMs: 18, failing: false },
      lastPass: { minute: open + this.minute - 1, durationMs: 1_850, bars: 431 },
      progress: {
        minute: open + this.minute - 1,
        symbols: this.symbols.length,
        asked: Math.round(this.symbols.length * 0.8),
        bars: Math.round(this.symbols.length * 0.62),
        batches: 10,
        batchesDone: 8,
      },
      plan: this.plan,
      jobs: this.jobs,
      ...this.more,
    };
  }

  async coverage(date: string | undefined, since: string | undefined): Promise<CoverageAnswer> {
    const rows = this.symbols.length;
    const isClosed = date !== undefined && date !== '2026-01-14';
    const header = {
      date: date ?? '2026-01-14',
      from: open,
      to: isClosed ? open : close,
      regular,
      cursor: String(this.minute),
      previousDate: '2026-01-13',
      nextDate: null,
    };
    if (isClosed)
      return { header: { ...header, symbols: this.symbols, columns: null }, cells: new Uint8Array(0) };
    if (since === undefined) {
      const cells = new Uint8Array(rows * 960);
      for (let row = 0; row < rows; row++)
        for (let at = 0; at < 960; at++) cells[row * 960 + at] = this.cell(row, at);
      this.#sent = this.minute;
      return { header: { ...header, symbols: this.symbols, columns: null }, cells };
    }
    const columns: number[] = [];
    for (let at = Number(since) - 8; at < this.minute && Number(since) < this.minute; at++) columns.push(at);
    const cells = new Uint8Array(columns.length * rows);
    for (const [place, column] of columns.entries())
      for (let row = 0; row < rows; row++) cells[place * rows + row] = this.cell(row, column);
    this.#sent = Math.max(this.#sent, this.minute);
    return { header: { ...header, symbols: null, columns }, cells };
  }

  /** The state of a cell, made up from its place. */
  cell(row: number, at: number): number {
    if (at >= this.minute) return 0;
    if (row % 97 === 13 && at > 200) return 5;
    if (row % 61 === 7 && at > 380 && at < 396) return 4;
    const activity = row % 7 === 3 ? 0.35 : 0.93;
    const isRegular = at >= 330 && at < 720;
    const isBar = noise(row, at) < activity * (isRegular ? 1 : 0.3);
    if (at >= this.minute - 6) return isBar ? 1 : 3;
    return (isBar ? 1 : 2) | (at < this.minute - 40 && at > 100 ? 8 : 0);
  }

  async bars({ symbol, timeframe, start, end }: ChartQuery): Promise<BarsAnswer> {
    const row = this.symbols.indexOf(symbol);
    const bars: ChartBar[] = [];
    const width = { '1Min': 1, '5Min': 5, '15Min': 15, '1Hour': 60, '1Day': 1440 }[timeframe] ?? 1;
    let price = 180;
    const until = row < 0 ? 0 : this.minute;
    for (let at = 0; at < until; at += width) {
      if ((this.cell(row, at) & 7) !== 1 && width === 1) continue;
      const o = price;
      price *= 1 + (noise(row, at * 3 + 1) - 0.5) * 0.003;
      const h = Math.max(o, price) * (1 + noise(row, at * 5) * 0.0008);
      const l = Math.min(o, price) * (1 - noise(row, at * 7) * 0.0008);
      const minute = open + at;
      if (minute < start || minute > end) continue;
      const vw = round((o + price) / 2);
      const v = Math.round(900 + noise(row, at * 11) * 24_000 * (at >= 330 ? 1 : 0.1));
      bars.push({
        minute,
        o: round(o),
        h: round(h),
        l: round(l),
        c: round(price),
        v,
        n: Math.round(v / 80),
        vw,
        revised: noise(row, at * 13) < 0.02 ? 1 : 0,
        late: noise(row, at * 17) < 0.01 ? 1 : 0,
      });
    }
    const sessions = [{ from: regular.from, to: regular.to - 1 }];
    return { symbol, timeframe, bars, sessions, known: row >= 0 };
  }

  async versions(symbol: string, minute: number): Promise<BarVersionsAnswer> {
    const row = this.symbols.indexOf(symbol);
    const cell = row < 0 ? 0 : this.cell(row, minute - open);
    const states = ['none', 'bar', 'quiet', 'pending', 'missing', 'quarantined'] as const;
    const state = states[cell & 7] ?? 'none';
    const first = { version: 1, feed: 'iex', receivedAt: (minute + 1) * 60_000 + 2_100 };
    const values = { o: 181.2, h: 181.55, l: 181.1, c: 181.42, v: 18_220, n: 214, vw: 181.3461 };
    const second = { version: 2, feed: 'sip', receivedAt: (minute + 17) * 60_000, ...values };
    return {
      symbol,
      minute,
      state,
      healed: (cell & 8) !== 0,
      askedOf: cell & 8 ? ['iex', 'sip'] : state === 'bar' || state === 'quiet' ? ['iex'] : [],
      versions:
        state !== 'bar'
          ? []
          : [{ ...first, ...values, h: 181.5, v: 1_204, n: 17, vw: 181.3312 }, ...(cell & 8 ? [second] : [])],
    };
  }

  troubles() {
    return { quarantine: this.quarantine, gaps: this.gaps };
  }

  async askAgain(request: AskAgainRequest) {
    this.asked.push(request);
    return { accepted: request.symbols.length, message: 'It is asked for again at the next poll.' };
  }

  async backfill(request: BackfillRequest, dry: boolean): Promise<BackfillAnswer> {
    const symbols = request.symbols?.length ?? this.symbols.length;
    const unknown = request.symbols?.find((symbol) => !this.symbols.includes(symbol));
    if (unknown !== undefined) throw new FleeceError('bad_request', `${unknown} is not polled`);
    const cells = symbols * (request.to - request.from + 1);
    const requests = Math.ceil(cells / 10_000);
    if (dry) return { symbols, cells, questions: 1, requests, seconds: requests };
    this.backfills.push(request);
    const job: JobAnswer = {
      id: 1,
      what: `${symbols} symbols`,
      state: 'running',
      questions: 1,
      questionsDone: 0,
      bars: 0,
    };
    this.jobs = [job];
    return { symbols, cells, questions: 1, requests, seconds: requests, job: 1 };
  }

  setMode(request: ModeRequest): PlanAnswer {
    this.modes.push(request);
    const { mode, batchSize = 25, concurrency = 4 } = request;
    const size = batchSize === 'auto' ? 50 : batchSize;
    this.plan = { ...this.plan, mode, batchSize: size, concurrency };
    return this.plan;
  }
}

const wellKnown = ['AAPL', 'MSFT', 'NVDA', 'SPY', 'QQQ', 'TSLA', 'AMZN', 'META', 'BRK.B', 'GOOGL'];

function nameOf(at: number): string {
  if (at < wellKnown.length) return wellKnown[at] ?? '';
  return String.fromCharCode(
    ...[676, 26, 1].map((unit) => 65 + (Math.floor(at / unit) % 26)),
    65 + (at % 23),
  );
}

function noise(a: number, b: number): number {
  let hash = Math.imul(a + 1, 374761393) ^ Math.imul(b + 7, 668265263);
  hash = Math.imul(hash ^ (hash >>> 13), 1274126177);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

const round = (price: number) => Math.round(price * 100) / 100;
