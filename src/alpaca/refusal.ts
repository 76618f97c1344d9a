import { FleeceError } from '../errors.ts';
import type { HttpAnswer } from './transport.ts';

/** Longest part of a body that an error message quotes. */
const longestQuote = 200;

/** Both spellings of the service: stocks name one symbol, crypto says which pattern it does not match. */
const invalidSymbol = /invalid symbol(?:\(s\))?:\s*(.+?)(?:\s+does not match\b.*)?$/i;

/** What a terminal would obey, and what would break a line of a log. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001F\u007F-\u009F]+/g;

/** The error that an answer other than 200 stands for. Bodies may be JSON, HTML or nothing. */
export function refusalOf(answer: HttpAnswer, clean: (text: string) => string): FleeceError {
  const { status } = answer;
  // Cleaned before it is cut: half a key would not be known for one.
  const said = shorten(clean(messageIn(answer).replace(controls, ' ')));
  // Older answers give a refused subscription with the status of a wrong parameter.
  if (status === 403 || (status === 422 && /subscription/i.test(said))) return forbidden(status, said);
  if (status === 400 || status === 414 || status === 422) return badRequest(status, said);
  if (status === 401) {
    return new FleeceError(
      'unauthorized',
      'the service does not accept the keys (HTTP 401): check APCA_API_KEY_ID and APCA_API_SECRET_KEY, and that they belong together',
      { status },
    );
  }
  if (status === 429) {
    return new FleeceError('rate_limited', 'too many requests (HTTP 429)', { status, retryable: true });
  }
  if (status >= 500) {
    return new FleeceError('server_error', `the service failed (HTTP ${status}${quoted(said)})`, {
      status,
      retryable: true,
    });
  }
  const hint = status === 404 ? ': is the address in APCA_API_DATA_URL or APCA_API_BASE_URL right?' : '';
  return new FleeceError('bad_response', `unexpected HTTP ${status}${quoted(said)}${hint}`, {
    status,
    retryable: true,
  });
}

function badRequest(status: number, said: string): FleeceError {
  const symbol = invalidSymbol.exec(said)?.[1]?.trim();
  if (symbol) return new FleeceError('invalid_symbol', `the service says "${said}"`, { status, symbol });
  if (/invalid feed/i.test(said)) {
    return new FleeceError(
      'usage',
      `the service does not know that feed (HTTP ${status}${quoted(said)}): ask for --feed iex or sip`,
      {
        status,
      },
    );
  }
  return new FleeceError('bad_request', `the service refused the request (HTTP ${status}${quoted(said)})`, {
    status,
  });
}

function forbidden(status: number, said: string): FleeceError {
  if (/subscription|permit|plan/i.test(said)) {
    return new FleeceError(
      'forbidden',
      `the plan of this key does not include that (HTTP ${status}${quoted(said)}): the free plan has sip bars only ` +
        'from 15 minutes ago; ask for --feed iex, or subscribe to Algo Trader Plus',
      { status },
    );
  }
  return new FleeceError(
    'unauthorized',
    `the service refuses the keys (HTTP ${status}${quoted(said)}): check APCA_API_KEY_ID and APCA_API_SECRET_KEY, and that they may read market data`,
    { status },
  );
}

function quoted(said: string): string {
  return said ? `: ${said}` : '';
}

/** What the body says: its `message` if it is JSON, the visible text if it is HTML. */
function messageIn({ body }: HttpAnswer): string {
  const text = body.trim();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) {
      return String(parsed.message);
    }
  } catch {
    // Not JSON: the text itself has to do.
  }
  return text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function shorten(text: string): string {
  return text.length > longestQuote ? `${text.slice(0, longestQuote)}...` : text;
}
