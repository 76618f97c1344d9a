import type {
  AskAgainAnswer,
  AskAgainRequest,
  BackfillAnswer,
  BackfillRequest,
  BarsAnswer,
  BarVersionsAnswer,
  CoverageHeader,
  GapAnswer,
  ModeRequest,
  PlanAnswer,
  QuarantineAnswer,
  StatusAnswer,
} from './contract.ts';

export interface CoverageAnswer {
  readonly header: CoverageHeader;
  readonly cells: Uint8Array;
}

export interface ChartQuery {
  readonly symbol: string;
  /** Alpaca's spelling, such as `5Min`. */
  readonly timeframe: string;
  /** The first minute; both ends are inclusive. */
  readonly start: number;
  readonly end: number;
}

/**
 * What the page needs of the daemon. Failures are FleeceErrors; `usage` and `bad_request` reach the reader.
 * What is asked was checked for its form only: whether a symbol is known is the daemon's to say.
 */
export interface DashboardData {
  status(): StatusAnswer;
  /** The states of a trading day (`YYYY-MM-DD`, today's by default), or what changed of them since a cursor. */
  coverage(date: string | undefined, since: string | undefined): Promise<CoverageAnswer>;
  bars(query: ChartQuery): Promise<BarsAnswer>;
  versions(symbol: string, minute: number): Promise<BarVersionsAnswer>;
  /** What is wrong now: symbols that are refused, and stretches that could not be asked for. */
  troubles(): { readonly quarantine: readonly QuarantineAnswer[]; readonly gaps: readonly GapAnswer[] };
  askAgain(request: AskAgainRequest): Promise<AskAgainAnswer>;
  /** @param dry True: tell the cost and start nothing. */
  backfill(request: BackfillRequest, dry: boolean): Promise<BackfillAnswer>;
  setMode(request: ModeRequest): PlanAnswer;
}
