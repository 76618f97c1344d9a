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
} from '../../../src/gateway/dashboard/contract.ts';

/** What the daemon, or the lack of one, answered; the message is for the reader. */
export class DaemonError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface CoverageReply {
  readonly header: CoverageHeader;
  readonly cells: Uint8Array;
}

/** An answer that takes longer than this counts as none. */
const patienceMs = 20_000;

const pageToken =
  document.querySelector<HTMLMetaElement>('meta[name="fleece-page-token"]')?.getAttribute('content') ?? '';

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(patienceMs), cache: 'no-store' });
  } catch {
    throw new DaemonError(0, 'Fleece does not answer');
  }
  if (response.ok) return response;
  const text = await response.text().catch(() => '');
  throw new DaemonError(response.status, messageIn(text) ?? `Fleece answered with HTTP ${response.status}`);
}

function messageIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const message = (value as { message?: unknown } | null)?.message;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

async function get<T>(path: string): Promise<T> {
  return (await (await ask(path)).json()) as T;
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-fleece-page-token': pageToken },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}

const query = (values: Readonly<Record<string, string | number | undefined>>) =>
  new URLSearchParams(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();

/** Everything that the page asks of the daemon. Failures are DaemonErrors. */
export const daemon = {
  status: () => get<StatusAnswer>('/fleece/status'),
  quarantine: () => get<readonly QuarantineAnswer[]>('/fleece/quarantine'),
  gaps: () => get<readonly GapAnswer[]>('/fleece/gaps'),
  versions: (symbol: string, minute: number) =>
    get<BarVersionsAnswer>(`/fleece/bar-versions?${query({ symbol, minute })}`),
  bars: (symbol: string, timeframe: string, start: number, end: number) =>
    get<BarsAnswer>(`/fleece/bars?${query({ symbol, timeframe, start, end })}`),
  coverage: async (date?: string, since?: string): Promise<CoverageReply> => {
    const response = await ask(`/fleece/coverage?${query({ date, since })}`);
    const body = await response.arrayBuffer();
    const length = new DataView(body).getUint32(0, true);
    const head = new TextDecoder().decode(new Uint8Array(body, 4, length));
    return { header: JSON.parse(head) as CoverageHeader, cells: new Uint8Array(body, 4 + length) };
  },
  askAgain: (request: AskAgainRequest) => post<AskAgainAnswer>('/fleece/ask-again', request),
  backfill: (request: BackfillRequest, dry: boolean) =>
    post<BackfillAnswer>(`/fleece/backfill${dry ? '?dry=1' : ''}`, request),
  setMode: (request: ModeRequest) => post<PlanAnswer>('/fleece/mode', request),
};
