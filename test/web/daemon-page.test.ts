import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CoverageHeader, healedBit, stateMask } from '../../src/gateway/dashboard/contract.ts';
import { keepPicture, openBrowser, openTab } from './browser.ts';
import { type DaemonRun, startRealDaemon } from './real-daemon.ts';

const start = '2026-01-14T15:00:10Z';
const bar = 1;
const quiet = 2;
const quarantined = 5;

describe('the page over the daemon and a simulator that fails now and then', () => {
  let browser: Browser;
  let run: DaemonRun;

  beforeAll(async () => {
    browser = await openBrowser();
    run = await startRealDaemon({
      simulator: {
        symbols: 500,
        revised: 0.02,
        late: 0.004,
        quiet: 0.1,
        faults: { '500': 0.02, slow: 0.02, reset: 0.01 },
      },
      more: ['$BAD'],
      start,
      speed: 60,
    });
    const enough = Math.floor(Date.parse(start) / 60_000) + 12;
    while (sealed() <= enough) await run.clock.sleep(10_000);
  });
  afterAll(async () => {
    await browser?.close();
    await run?.close();
  });

  const sealed = () => run.daemon.service.sealer.lastSealed;

  async function coverage(query = ''): Promise<{ header: CoverageHeader; cells: Uint8Array }> {
    const body = await (await fetch(`${run.url}/fleece/coverage${query}`)).arrayBuffer();
    const length = new DataView(body).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length))) as CoverageHeader;
    return { header, cells: new Uint8Array(body, 4 + length) };
  }

  it('tells of each settled minute what the market says', async () => {
    const settled = sealed();
    const { header, cells } = await coverage();
    const now = run.clock.now();
    const minutes = header.to - header.from;
    const first = Math.floor(Date.parse(start) / 60_000);
    const wrong: string[] = [];
    for (const [row, symbol] of (header.symbols ?? []).entries()) {
      for (let minute = first + 2; minute <= settled; minute++) {
        const cell = cells[row * minutes + minute - header.from] ?? 0;
        const state = cell & stateMask;
        const truth = run.simulator.market.at(symbol, minute, now, cell & healedBit ? 'sip' : 'iex');
        const wanted = symbol === '$BAD' ? quarantined : truth ? bar : quiet;
        if (state !== wanted) wrong.push(`${symbol} ${minute - first}: ${state}, not ${wanted}`);
      }
    }
    expect(settled).toBeGreaterThan(first + 8);
    expect(wrong).toEqual([]);
  });

  it('makes of the whole answer and its changes what a later whole answer says', async () => {
    const old = await coverage();
    const minutes = old.header.to - old.header.from;
    await run.until(new Date(run.clock.now() + 4 * 60_000).toISOString());
    const rows = old.header.symbols?.length ?? 0;
    // Something may change between the two answers, by healing for example: then both are asked for again.
    const differences = async () => {
      const through = sealed() - old.header.from;
      const changes = await coverage(`?since=${encodeURIComponent(old.header.cursor)}`);
      const fresh = await coverage();
      const cells = Uint8Array.from(old.cells);
      for (const [place, column] of (changes.header.columns ?? []).entries())
        for (let row = 0; row < rows; row++)
          cells[row * minutes + column] = changes.cells[place * rows + row] ?? 0;
      expect(changes.header.columns?.length).toBeGreaterThan(3);
      let count = 0;
      for (let row = 0; row < rows; row++)
        for (let at = 0; at <= through; at++)
          if (cells[row * minutes + at] !== fresh.cells[row * minutes + at]) count += 1;
      return count;
    };
    await expect.poll(differences, { timeout: 20_000 }).toBe(0);
  });

  it('shows the day as it comes in, a symbol, and what is wrong', async () => {
    const { page, complaints } = await openTab(browser, run.url);
    await page.getByText('live', { exact: true }).waitFor();
    await page.locator('.verdict').getByText('every minute through').waitFor();
    await page.waitForTimeout(1_000);
    await keepPicture(page, 'daemon-coverage');
    await page.goto(`${run.url}/#/symbol/AAPL`);
    await page.locator('.last-bar').waitFor();
    const before = await page.locator('.last-bar small').textContent();
    await expect
      .poll(() => page.locator('.last-bar small').textContent(), { timeout: 20_000 })
      .not.toBe(before);
    await page.locator('.strip canvas').waitFor();
    await keepPicture(page, 'daemon-symbol');
    await page.goto(`${run.url}/#/trouble`);
    await page.getByRole('region', { name: 'Quarantine' }).getByText('invalid symbol: $BAD').waitFor();
    await keepPicture(page, 'daemon-trouble');
    expect(complaints).toEqual([]);
  });

  it('looks at a refused symbol again when it is asked to', async () => {
    const { page } = await openTab(browser, `${run.url}/#/trouble`);
    const { roster } = run.daemon.service.engine.poller;
    const times = () => roster.get('$BAD' as never)?.quarantine?.times ?? 0;
    const before = times();
    await page
      .getByRole('region', { name: 'Quarantine' })
      .getByRole('button', { name: 'Ask again', exact: true })
      .click();
    await page.getByText('Looked at again right after the next poll.').waitFor();
    await expect.poll(times, { timeout: 20_000 }).toBeGreaterThan(before);
  });

  it('fills a range that was never asked, at the cost it told', async () => {
    const { page } = await openTab(browser, `${run.url}/#/trouble`);
    const form = page.getByRole('region', { name: 'Backfill' });
    await form.getByLabel('From, ET').fill('2026-01-14T09:31');
    await form.getByLabel('To, ET').fill('2026-01-14T09:45');
    await form.getByLabel('Symbols').fill('AAPL, MSFT');
    await form.getByRole('button', { name: 'What does it cost?' }).click();
    await form.getByText('1 request for 2 symbols and up to 30 bars').waitFor();
    await form.getByRole('button', { name: 'Start the backfill' }).click();
    await form.getByText('done, 1 of 1 question').waitFor();
    const { header, cells } = await coverage();
    const row = header.symbols?.indexOf('AAPL') ?? -1;
    const from = Date.parse('2026-01-14T14:31:00Z') / 60_000 - header.from;
    const filled = cells.subarray(row * (header.to - header.from) + from).subarray(0, 15);
    expect(
      [...filled].map((cell) => cell & stateMask).every((state) => state === bar || state === quiet),
    ).toBe(true);
    await form.getByRole('button', { name: 'What does it cost?' }).click();
    await form.getByText('Nothing to do').waitFor();
  });

  it('switches mode and batch size of the running daemon, and loses nothing', async () => {
    const { page } = await openTab(browser, `${run.url}/#/plan`);
    const mode = page.getByRole('region', { name: 'Mode' });
    await mode.getByRole('button', { name: 'batch' }).click();
    await mode.getByLabel('Symbols a request').fill('30');
    await mode.getByRole('button', { name: 'Poll like this' }).click();
    await mode.getByText('From the next poll on: batch, 30 a request, 1 in flight.').waitFor();
    const { plan } = run.daemon.service.engine;
    expect([plan.mode, plan.batchSize, plan.concurrency]).toEqual(['batch', 30, 1]);
    await page.getByText('batch 30 × 1').waitFor();
  });
});
