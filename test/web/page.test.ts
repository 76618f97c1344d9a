import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPicture, openBrowser, openTab } from './browser.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';

describe('the page', () => {
  let browser: Browser;
  let server: FakeServer;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await startFakeServer(500);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.world.gateway.close();
  });

  it('answers whether the data is right', async () => {
    const { page, complaints } = await openTab(browser, server.world.url('/'));
    await page.getByText('live', { exact: true }).waitFor();
    await page.locator('canvas').first().waitFor();
    await page.waitForTimeout(800);
    await keepPicture(page, 'coverage-light');
    await page.goto(server.world.url('/#/symbol/AAPL'));
    await page.waitForTimeout(1200);
    await keepPicture(page, 'symbol-light');
    await page.goto(server.world.url('/#/trouble'));
    await page.waitForTimeout(600);
    await keepPicture(page, 'trouble-light');
    await page.goto(server.world.url('/#/plan'));
    await page.waitForTimeout(600);
    await keepPicture(page, 'plan-light');
    expect(complaints).toEqual([]);
  });
});
