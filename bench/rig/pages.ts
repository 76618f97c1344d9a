import * as http from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';

const unzip = promisify(gunzip);

/** Packed bytes that are unpacked on the spot, as Fleece does: a trip to the thread pool would make the floor higher. */
const smallBody = 32 * 1024;
const unpackedChunk = 128 * 1024;

export interface RawBar {
  readonly t: string;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
  readonly n: number;
  readonly vw: number;
}

export interface RawPage {
  readonly bars: Readonly<Record<string, readonly RawBar[]>> | null;
}

/** Pages that are read together, so many real milliseconds after the first of all. */
export interface Burst {
  readonly afterMs: number;
  readonly paths: readonly string[];
}

export interface PagesReport {
  readonly cpuMs: number;
  readonly bars: number;
  readonly peakMb: number;
}

/** The floor: the HTTP client and `JSON.parse`, some requests at a time, and nothing else. */
export class PageReader {
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #origin: string;
  readonly #inFlight: number;

  constructor(origin: string, inFlight = 4) {
    this.#origin = origin;
    this.#inFlight = inFlight;
  }

  async read(paths: readonly string[], take: (page: RawPage) => void): Promise<void> {
    const left = paths.values();
    const work = async () => {
      for (const path of left) take(await this.#page(path));
    };
    await Promise.all(Array.from({ length: this.#inFlight }, work));
  }

  async #page(path: string): Promise<RawPage> {
    const { response, body } = await this.#get(path);
    const { statusCode, headers } = response;
    const text = headers['content-encoding'] === 'gzip' ? await unpack(body) : body;
    if (statusCode !== 200) throw new Error(`the simulator answered ${statusCode}`);
    return JSON.parse(text.toString('utf8')) as RawPage;
  }

  #get(path: string): Promise<{ response: http.IncomingMessage; body: Buffer }> {
    const headers = {
      'apca-api-key-id': 'floor',
      'apca-api-secret-key': 'floor-secret',
      'accept-encoding': 'gzip',
    };
    return new Promise((resolve, reject) => {
      const request = http.get(this.#origin + path, { agent: this.#agent, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ response, body: Buffer.concat(parts) }));
        response.on('error', reject);
      });
      request.on('error', reject);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function unpack(body: Buffer): Buffer | Promise<Buffer> {
  const options = { chunkSize: unpackedChunk };
  return body.length <= smallBody ? gunzipSync(body, options) : unzip(body, options);
}
