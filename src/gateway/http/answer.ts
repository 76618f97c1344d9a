import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const gzipAsync = promisify(gzip);
/** Below this size compressing costs more than it saves. */
const gzipFrom = 1024;

export type ContentType =
  | 'application/json; charset=UTF-8'
  | 'text/html'
  | 'text/plain; charset=utf-8'
  | (string & {});

export const json: ContentType = 'application/json; charset=UTF-8';

/** Send a whole answer, compressed when the client takes that. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: ContentType,
  body: string | Buffer,
): Promise<void> {
  let data = typeof body === 'string' ? Buffer.from(body) : body;
  response.setHeader('Content-Type', type);
  response.setHeader('Vary', 'Accept-Encoding');
  if (data.length >= gzipFrom && takesGzip(request)) {
    data = await gzipAsync(data, { level: 1 });
    response.setHeader('Content-Encoding', 'gzip');
  }
  response.setHeader('Content-Length', data.length);
  response.statusCode = status;
  response.end(data);
}

export function sendMessage(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
  code?: number,
): Promise<void> {
  const body = code === undefined ? { message } : { code, message };
  return send(request, response, status, json, JSON.stringify(body));
}

/** What Alpaca's proxy answers to missing or wrong keys. */
export function sendUnauthorizedPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const title = '401 Authorization Required';
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return send(request, response, 401, 'text/html', body);
}

function takesGzip(request: IncomingMessage): boolean {
  const accepted = request.headers['accept-encoding'] ?? '';
  return /(^|[,\s])gzip(\s*;\s*q=(?!0(\.0*)?(\s|,|$))|\s*(,|$))/i.test(accepted);
}
