import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPicture, openBrowser, openTab } from './browser.ts';
import { type DaemonRun, startRealDaemon } from './real-daemon.ts';

describe('the page over the daemon and the simulator', () => {
  let browser: Browser;
  let run: DaemonRun;

  beforeAll(async () => {
    browser = await openBrowser();
    run = await startRealDaemon({
      simulator: { symbols: 500, revised: 0.02, late: 0.004, quiet: 0.1, faults: { '500': 0.02, slow: 0.02 } },
      more: ['$BAD'],
      start: '2026-01-14T15:00:10Z',
      speed: 60,
    });
  });
  afterAll(async () => {
    await browser?.close();
    await run?.close();
  });

  it('shows the day as it comes in', async () => {
    await run.until('2026-01-14T15:30:00Z');
    const { page, complaints } = await openTab(browser, run.url);
    await page.getByText('live', { exact: true }).waitFor();
    await page.waitForTimeout(2500);
    await keepPicture(page, 'daemon-coverage');
    await page.goto(`${run.url}/#/symbol/AAPL`);
    await page.waitForTimeout(2500);
    await keepPicture(page, 'daemon-symbol');
    await page.goto(`${run.url}/#/trouble`);
    await page.waitForTimeout(1500);
    await keepPicture(page, 'daemon-trouble');
    expect(complaints).toEqual([]);
  });
});
