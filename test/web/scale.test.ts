import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepNumbers, keepPicture, openBrowser, openTab } from './browser.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';

describe('the coverage map of 14,000 symbols', () => {
  let browser: Browser;
  let server: FakeServer;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await startFakeServer(14_000);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.world.gateway.close();
  });

  it('draws only what can be seen, from the first row to the last', async () => {
    const { page, complaints } = await openTab(browser, server.world.url('/'));
    const begun = performance.now();
    const map = page.getByRole('application');
    await map.waitFor();
    const shown = performance.now() - begun;
    await page.getByLabel('Sort').selectOption('symbol');
    const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
    // Frame by frame down the whole map, as fast as the browser draws.
    const frames = await map.evaluate(
      (box) =>
        new Promise<number[]>((resolve) => {
          const times: number[] = [];
          let last = 0;
          const step = (now: number) => {
            if (last > 0) times.push(now - last);
            last = now;
            box.scrollTop += 1_700;
            if (times.length < 118) requestAnimationFrame(step);
            else resolve(times);
          };
          requestAnimationFrame(step);
        }),
    );
    frames.sort((a, b) => a - b);
    const p = (share: number) => frames[Math.floor(frames.length * share)] ?? 0;
    keepNumbers('scale', { shownMs: shown, frameP50Ms: p(0.5), frameP95Ms: p(0.95) });
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThanOrEqual(nodes + 20);
    const canvas = await map.locator('canvas').evaluate((element: HTMLCanvasElement) => element.height);
    expect(canvas).toBeLessThanOrEqual(900);
    await map.press('End');
    const last = server.data.symbols.toSorted().at(-1);
    expect(await page.locator('#heat-told').textContent()).toMatch(new RegExp(`^${last} `));
    await keepPicture(page, 'scale');
    expect(complaints).toEqual([]);
  });
});
