/** A request as the simulator sees it: no sockets. Header names are in lower case. */
export interface SimulatorRequest {
  /** Default GET. */
  readonly method?: string;
  /** Path and query, as they stand in the request line: `/v2/stocks/bars?symbols=AAPL&...`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A whole HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What comes back. Faults are values: whoever has the socket (or stands for it) makes them real.
 * - `answer`: after `afterMs` of the simulator's clock.
 * - `torn`: only the first `keep` characters of the body come. `framed` says whether HTTP calls that whole
 *   (a short body, well delivered) or the connection breaks in the middle of it.
 * - `reset`: the connection breaks before anything comes. `hang`: nothing ever comes.
 */
export type SimulatorResponse =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly afterMs: number }
  | { readonly kind: 'torn'; readonly answer: Answer; readonly keep: number; readonly framed: boolean }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' };

/** Thrown inside the simulator to end a request with an answer other than 200. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;

  constructor(status: number, body: string, contentType = 'application/json; charset=UTF-8') {
    super(`HTTP ${status}`);
    this.name = 'Refusal';
    this.status = status;
    this.body = body;
    this.contentType = contentType;
  }
}

/** `{"message":"..."}`, with a `code` before it where the service sends one. */
export function refuse(status: number, message: string, code?: number): Refusal {
  return new Refusal(status, JSON.stringify(code === undefined ? { message } : { code, message }));
}

/** A page of the proxy in front of the service. */
export function proxyPage(status: number, title: string): Refusal {
  const page = [
    '<html>',
    `<head><title>${status} ${title}</title></head>`,
    '<body>',
    `<center><h1>${status} ${title}</h1></center>`,
    '<hr><center>nginx</center>',
    '</body>',
    '</html>',
    '',
  ].join('\r\n');
  return new Refusal(status, page, 'text/html');
}
