import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { send } from '../http/answer.ts';
import { type PageToken, pageTokenMeta } from './page-token.ts';

/** Nothing from elsewhere, and in no frame: the page's buttons change things. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const notBuilt =
  '<!doctype html><title>Fleece</title><p>The page is not built: run <code>npm run build</code> and start again.';

/** The page with its token in it, which is why it is not one of the static files. */
export async function sendPage(
  folder: string,
  token: PageToken,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Referrer-Policy', 'no-referrer');
  const html = await readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined);
  if (html === undefined) return send(request, response, 503, 'text/html; charset=utf-8', notBuilt);
  const meta = `<meta name="${pageTokenMeta}" content="${token.text}">`;
  return send(
    request,
    response,
    200,
    'text/html; charset=utf-8',
    html.replace('</head>', `${meta}\n</head>`),
  );
}
