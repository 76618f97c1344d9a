import type { IncomingMessage, ServerResponse } from 'node:http';
import { json, send, sendMessage } from '../http/answer.ts';
import type { Route, RouteContext } from '../http/route.ts';
import { coverageBody } from './coverage-body.ts';
import type { DashboardData } from './dashboard-data.ts';
import { PageToken } from './page-token.ts';
import { sendPage } from './page.ts';
import {
  readDate,
  readMinute,
  readObject,
  readSymbol,
  toAskAgain,
  toBackfill,
  toMode,
} from './read-request.ts';

export interface DashboardOptions {
  readonly data: DashboardData;
  /** The folder of the built page; its other files are the gateway's static files. */
  readonly folder: string;
  readonly token?: PageToken;
}

type Answer = (context: RouteContext) => unknown;
type Change = (fields: Readonly<Record<string, unknown>>, context: RouteContext) => unknown;

/** The page at `/` and what it asks under `/fleece/`. What changes something wants the page's own token. */
export function dashboardRoutes({ data, folder, token = new PageToken() }: DashboardOptions): Route[] {
  const page = (path: string): Route => ({
    method: 'GET',
    path,
    handler: (request, response) => sendPage(folder, token, request, response),
  });
  return [
    page('/'),
    page('/index.html'),
    reading('/fleece/status', () => data.status()),
    reading('/fleece/quarantine', () => data.troubles().quarantine),
    reading('/fleece/gaps', () => data.troubles().gaps),
    reading('/fleece/bar-versions', ({ url }) =>
      data.versions(
        readSymbol(url.searchParams.get('symbol')),
        readMinute(url.searchParams.get('minute'), 'minute'),
      ),
    ),
    reading('/fleece/bars', ({ url }) => {
      const start = readMinute(url.searchParams.get('start'), 'start');
      const end = readMinute(url.searchParams.get('end'), 'end');
      const timeframe = url.searchParams.get('timeframe') ?? '1Min';
      return data.bars({ symbol: readSymbol(url.searchParams.get('symbol')), timeframe, start, end });
    }),
    coverageRoute(data),
    changing('/fleece/ask-again', token, (fields) => data.askAgain(toAskAgain(fields))),
    changing('/fleece/backfill', token, (fields, { url }) =>
      data.backfill(toBackfill(fields), url.searchParams.get('dry') === '1'),
    ),
    changing('/fleece/mode', token, (fields) => data.setMode(toMode(fields))),
  ];
}

function reading(path: string, answer: Answer): Route {
  return {
    method: 'GET',
    path,
    handler: async (request, response, context) => sendJson(request, response, await answer(context)),
  };
}

function changing(path: string, token: PageToken, change: Change): Route {
  return {
    method: 'POST',
    path,
    handler: async (request, response, context) => {
      if (!token.isShownBy(request)) {
        const message =
          'only the page itself may change something: load it again, it may be of an earlier run';
        return sendMessage(request, response, 403, message);
      }
      return sendJson(request, response, await change(await readObject(request), context));
    },
  };
}

function coverageRoute(data: DashboardData): Route {
  return {
    method: 'GET',
    path: '/fleece/coverage',
    handler: async (request, response, { url }) => {
      const date = readDate(url.searchParams.get('date'));
      const answer = await data.coverage(date, url.searchParams.get('since') ?? undefined);
      response.setHeader('Cache-Control', 'no-store');
      return send(request, response, 200, 'application/octet-stream', coverageBody(answer));
    },
  };
}

function sendJson(request: IncomingMessage, response: ServerResponse, value: unknown): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  return send(request, response, 200, json, JSON.stringify(value));
}
