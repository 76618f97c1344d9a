import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent } from 'undici';

const unzip = promisify(gunzip);

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

/** The floor: the HTTP client and `JSON.parse`, four requests at a time, and nothing else. */
export class PageReader {
  readonly #agent = new Agent({ connections: 4, pipelining: 1 });
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  async read(paths: readonly string[], take: (page: RawPage) => void): Promise<void> {
    const left = paths.values();
    const work = async () => {
      for (const path of left) take(await this.#page(path));
    };
    await Promise.all([work(), work(), work(), work()]);
  }

  async #page(path: string): Promise<RawPage> {
    const { statusCode, headers, body } = await this.#agent.request({
      origin: this.#origin,
      path,
      method: 'GET',
      headers: {
        'apca-api-key-id': 'floor',
        'apca-api-secret-key': 'floor-secret',
        'accept-encoding': 'gzip',
      },
    });
    const text =
      headers['content-encoding'] === 'gzip'
        ? (await unzip(await body.arrayBuffer(), { chunkSize: 128 * 1024 })).toString('utf8')
        : await body.text();
    if (statusCode !== 200) throw new Error(`the simulator answered ${statusCode}`);
    return JSON.parse(text) as RawPage;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
