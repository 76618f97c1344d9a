import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CoverageHeader } from '../../src/gateway/dashboard/contract.ts';
import { PageToken } from '../../src/gateway/dashboard/page-token.ts';
import { dashboardRoutes } from '../../src/gateway/dashboard/routes.ts';
import { MadeUpData } from '../web/made-up-data.ts';
import { startWorld, type World } from './support/world.ts';

const token = new PageToken('the-page-s-own-token');

describe("the page's routes", () => {
  let folder: string;
  let world: World;
  const data = new MadeUpData(20);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleece-page-'));
    await writeFile(join(folder, 'index.html'), '<html><head><title>x</title></head><body></body></html>');
    world = await startWorld({ routes: dashboardRoutes({ data, folder, token }), staticFolder: folder });
  });
  afterAll(async () => {
    await world.gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(world.url(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-fleece-page-token': token.text, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('puts the token into the page, under both of its addresses, and lets nothing keep or frame it', async () => {
    for (const path of ['/', '/index.html']) {
      const response = await fetch(world.url(path));
      expect(await response.text()).toContain(`<meta name="fleece-page-token" content="${token.text}">`);
      expect(response.headers.get('cache-control')).toBe('no-store');
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
    }
  });

  it('says how to get the page when it is not built', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'fleece-page-'));
    const other = await startWorld({ routes: dashboardRoutes({ data, folder: empty }) });
    const response = await fetch(other.url('/'));
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('npm run build');
    await other.gateway.close();
    await rm(empty, { recursive: true });
  });

  it('refuses what changes something without the token, with a wrong one, and from another origin', async () => {
    for (const path of ['/fleece/ask-again', '/fleece/backfill', '/fleece/backfill?dry=1', '/fleece/mode']) {
      for (const headers of [
        { 'x-fleece-page-token': '' },
        { 'x-fleece-page-token': 'the-page-s-own-tokem' },
        { origin: 'https://elsewhere.example' },
        { origin: 'null' },
      ] as Record<string, string>[]) {
        const response = await post(path, { symbols: ['AAPL'], from: 1, to: 2, mode: 'batch' }, headers);
        expect(response.status, `${path} ${JSON.stringify(headers)}`).toBe(403);
      }
    }
    expect([data.asked, data.backfills, data.modes]).toEqual([[], [], []]);
  });

  it('changes nothing by GET', async () => {
    expect((await fetch(world.url('/fleece/mode'))).status).toBe(405);
  });

  it('names what is wrong with a request', async () => {
    const cases: [string, unknown, string][] = [
      ['/fleece/ask-again', '{', 'the body has to be a JSON object'],
      ['/fleece/ask-again', [], 'the body has to be a JSON object'],
      ['/fleece/ask-again', {}, 'symbols has to be a list of symbols'],
      ['/fleece/ask-again', { symbols: [] }, 'symbols has to be a list with at least one symbol'],
      ['/fleece/ask-again', { symbols: ['A B'] }, 'a member of symbols is no symbol: it holds a space'],
      ['/fleece/ask-again', { symbols: ['A'], from: 5 }, 'to has to be a whole number from 0 to'],
      ['/fleece/backfill', { from: 9, to: 5 }, 'to has to be at or after from'],
      ['/fleece/backfill', { from: 1, to: 1e12 }, 'to has to be a whole number from 0 to'],
      ['/fleece/mode', {}, 'mode has to be the name of a mode'],
      ['/fleece/mode', { mode: 'batch', batchSize: 0 }, 'batchSize has to be a whole number from 1 to 1000'],
      [
        '/fleece/mode',
        { mode: 'batch', concurrency: 1.5 },
        'concurrency has to be a whole number from 1 to 64',
      ],
    ];
    for (const [path, body, message] of cases) {
      const response = await post(path, body);
      expect(response.status).toBe(400);
      expect(((await response.json()) as { message: string }).message).toContain(message);
    }
    expect((await post('/fleece/mode', '{}', { 'content-type': 'text/plain' })).status).toBe(400);
    expect((await post('/fleece/mode', ' '.repeat(1_100_000))).status).toBe(413);
    for (const path of [
      '/fleece/coverage?date=soon',
      '/fleece/bar-versions?symbol=AAPL&minute=x',
      '/fleece/bar-versions?minute=5',
      '/fleece/bars?symbol=A&start=5',
    ])
      expect((await fetch(world.url(path))).status, path).toBe(400);
  });

  it('answers the whole coverage at first, and then the columns that changed', async () => {
    const read = async (query: string) => {
      const body = await (await fetch(world.url(`/fleece/coverage${query}`))).arrayBuffer();
      const length = new DataView(body).getUint32(0, true);
      const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length))) as CoverageHeader;
      return { header, cells: new Uint8Array(body, 4 + length) };
    };
    const whole = await read('');
    expect(whole.header.symbols).toHaveLength(20);
    expect(whole.cells).toHaveLength(20 * 960);
    const again = await read(`?since=${encodeURIComponent(whole.header.cursor)}`);
    expect(again.header.columns).toEqual([]);
    data.minute += 1;
    const changed = await read(`?since=${encodeURIComponent(whole.header.cursor)}`);
    expect(changed.header.columns?.at(-1)).toBe(data.minute - 1);
    expect(changed.cells).toHaveLength((changed.header.columns?.length ?? 0) * 20);
  });

  it('asks for client keys, like any other route, where others can reach it', async () => {
    const guarded = await startWorld({
      routes: dashboardRoutes({ data, folder }),
      clientKeys: [{ id: 'desk', secret: 'of-the-desk' }],
    });
    for (const path of ['/', '/fleece/status', '/fleece/coverage']) {
      const response = await fetch(guarded.url(path));
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Basic');
    }
    const basic = `Basic ${Buffer.from('desk:of-the-desk').toString('base64')}`;
    expect((await fetch(guarded.url('/fleece/status'), { headers: { authorization: basic } })).status).toBe(
      200,
    );
    await guarded.gateway.close();
  });
});
