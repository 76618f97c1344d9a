import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, type Dispatcher } from 'undici';
import { FleeceError, messageOf } from '../errors.ts';
import type { HttpAnswer, HttpTransport } from './transport.ts';

export interface UndiciTransportOptions {
  /** Connections a host; as many as requests may be in flight. */
  readonly connections: number;
  /** Real milliseconds to wait for a connection, for the headers, and between two parts of the body. */
  readonly timeoutMs: number;
}

const unzip = promisify(gunzip);

/** Unpacked bytes that one trip to the thread pool brings: a page of a live poll fits. */
const unpackedChunk = 128 * 1024;

/** The largest answer that is read, unpacked: a page of 10,000 bars has about 1.5 MB, all assets about 10 MB. */
const maxBodyBytes = 256 * 1024 * 1024;

/** The transport over keep-alive connections. Its time-outs are real time, whatever the clock. */
export function createUndiciTransport({ connections, timeoutMs }: UndiciTransportOptions): HttpTransport {
  const agent = new Agent({
    connections,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxBodyBytes,
  });
  return {
    get: async (url, headers, signal) => {
      const { origin, pathname, search } = new URL(url);
      try {
        const answer = await agent.request({
          origin,
          path: pathname + search,
          method: 'GET',
          headers: { ...headers, 'accept-encoding': 'gzip' },
          signal: signal ?? null,
        });
        return { status: answer.statusCode, headers: flatten(answer.headers), body: await readBody(answer) };
      } catch (error) {
        if (signal?.aborted) throw signal.reason as Error;
        throw new FleeceError('network', `no whole answer from ${origin}: ${reasonOf(error, timeoutMs)}`, {
          retryable: true,
          cause: error,
        });
      }
    },
    close: () => agent.destroy(),
  };
}

async function readBody(answer: Dispatcher.ResponseData): Promise<string> {
  if (answer.headers['content-encoding'] !== 'gzip') return answer.body.text();
  const packed = await answer.body.arrayBuffer();
  return (await unzip(packed, { maxOutputLength: maxBodyBytes, chunkSize: unpackedChunk })).toString('utf8');
}

function flatten(headers: Dispatcher.ResponseData['headers']): HttpAnswer['headers'] {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was reset';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known (is this machine online?)';
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `timed out after ${timeoutMs} ms`;
    default:
      return messageOf(error) || code;
  }
}
