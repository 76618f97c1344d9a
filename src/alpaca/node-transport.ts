import * as http from 'node:http';
import * as https from 'node:https';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import { codeOf, FleeceError, messageOf } from '../errors.ts';
import type { HttpAnswer, HttpTransport } from './transport.ts';

export interface NodeTransportOptions {
  /** Connections a host; as many as requests may be in flight. */
  readonly connections: number;
  /** Real milliseconds to wait for a connection, for the headers, and between two parts of the body. */
  readonly timeoutMs: number;
  /**
   * How long a connection without a request is kept, in milliseconds; by default 4,000: through a pass, and not
   * until the next minute, when the other side may just be closing it.
   */
  readonly idleMs?: number;
}

const unzip = promisify(gunzip);

/**
 * Packed bytes that are unpacked on the spot: for a page of a live poll, a few thousand, a trip to the thread
 * pool and back costs several times as much as the work.
 */
const smallBody = 32 * 1024;

/** Unpacked bytes that each step brings: a page of a live poll fits into one. */
const unpackedChunk = 128 * 1024;

/** The largest answer that is read, packed or unpacked: a page of 10,000 bars has 1.5 MB, all assets about 10 MB. */
const maxBodyBytes = 256 * 1024 * 1024;

/** The transport over node's own HTTP, on keep-alive connections. Its time-outs are real time, whatever the clock. */
export function createNodeTransport(options: NodeTransportOptions): HttpTransport {
  const { connections, timeoutMs, idleMs = 4_000 } = options;
  const kept = { keepAlive: true, maxSockets: connections, timeout: idleMs };
  const plain = new http.Agent(kept);
  const secure = new https.Agent(kept);
  return {
    get: async (url, headers, signal) => {
      signal?.throwIfAborted();
      const target = new URL(url);
      const { request, agent } =
        target.protocol === 'https:'
          ? { request: https.request, agent: secure }
          : { request: http.request, agent: plain };
      try {
        return await answerTo(
          request(target, {
            agent,
            headers: { ...headers, 'accept-encoding': 'gzip' },
            timeout: timeoutMs,
            ...(signal && { signal }),
          }),
        );
      } catch (error) {
        if (signal?.aborted) throw signal.reason as Error;
        throw new FleeceError(
          'network',
          `no whole answer from ${target.origin}: ${reasonOf(error, timeoutMs)}`,
          {
            retryable: true,
            cause: error,
          },
        );
      }
    },
    close: async () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

class TimedOut extends Error {}

async function answerTo(request: http.ClientRequest): Promise<HttpAnswer> {
  const { response, body } = await new Promise<{ response: http.IncomingMessage; body: Buffer }>(
    (resolve, reject) => {
      request.on('timeout', () => request.destroy(new TimedOut()));
      request.on('error', reject);
      request.on('response', (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          parts.push(part);
          bytes += part.length;
          if (bytes > maxBodyBytes) request.destroy(new Error(`the body has over ${maxBodyBytes} bytes`));
        });
        response.on('error', reject);
        response.on('end', () => resolve({ response, body: Buffer.concat(parts, bytes) }));
      });
      request.end();
    },
  );
  const { statusCode = 0, headers } = response;
  const bytes = headers['content-encoding'] === 'gzip' ? await unpack(body) : body;
  return { status: statusCode, headers: flatten(headers), body: bytes.toString('utf8') };
}

function unpack(body: Buffer): Buffer | Promise<Buffer> {
  const options = { maxOutputLength: maxBodyBytes, chunkSize: unpackedChunk };
  return body.length <= smallBody ? gunzipSync(body, options) : unzip(body, options);
}

function flatten(headers: http.IncomingHttpHeaders): HttpAnswer['headers'] {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof TimedOut) return `timed out after ${timeoutMs} ms`;
  const code = codeOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'the connection was reset';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known (is this machine online?)';
    default:
      return messageOf(error) || code;
  }
}
