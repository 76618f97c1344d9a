// Makes the pictures of the page for the documentation: the built daemon over the simulator, two hours of a
// morning in virtual time, seen by a headless browser. Run `npm run build` before.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import { chromium } from 'playwright-core';
import { resolveSettings } from '../dist/app/config/resolve.js';
import { startDaemon } from '../dist/app/service/daemon.js';
import { startSimulator } from '../dist/simulator/index.js';
import { silentLog } from '../dist/telemetry/log.js';
import { AffineClock } from '../dist/time/affine-clock.js';
import { sleepUntil } from '../dist/time/clock.js';

const docs = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs');
const start = Date.parse('2026-01-14T14:29:40Z');
const hour = 60 * 60_000;
const speed = 100;

const folder = await mkdtemp(join(tmpdir(), 'fleece-screenshot-'));
const clock = new AffineClock(Date.now(), start, speed);
const simulator = await startSimulator({ clock, symbols: 500, revised: 0.01, late: 0.002, quiet: 0.15 });
const daemon = await startDaemon({
  settings: {
    ...resolveSettings([]),
    db: join(folder, 'bars.duckdb'),
    port: 0,
    dataUrl: simulator.url,
    tradingUrl: simulator.url,
  },
  named: simulator.market.symbols,
  credentials: { keyId: 'simulated', secretKey: 'simulated' },
  clock,
  log: silentLog,
});
const stop = new AbortController();
const running = daemon.run(stop.signal);

const known = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));
const browser = await chromium.launch({
  executablePath: known ?? (await sparticuz.executablePath()),
  // The last two make the memory that is told exact.
  args: [
    '--no-sandbox',
    '--no-zygote',
    '--disable-dev-shm-usage',
    '--hide-scrollbars',
    '--js-flags=--expose-gc',
    '--enable-precise-memory-info',
  ],
});
try {
  const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
  await page.goto(daemon.gateway.url);
  await page.getByRole('application').waitFor();
  const heap = () =>
    page.evaluate(() => {
      globalThis.gc?.();
      return Math.round(performance.memory.usedJSHeapSize / 1024 / 1024);
    });
  const memory = [];
  for (let passed = 0.25; passed <= 2; passed += 0.25) {
    await sleepUntil(clock, start + passed * hour);
    memory.push(await heap());
  }
  console.log(`memory of the page in MiB, each quarter of an hour of virtual time: ${memory.join(' ')}`);
  await page.reload();
  await page.getByText('every minute through').waitFor();
  await page.getByRole('button', { name: '2 h' }).click();
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: join(docs, 'page.png') });
  await page.goto(`${daemon.gateway.url}/#/symbol/AAPL`);
  await page.locator('.last-bar').waitFor();
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: join(docs, 'page-symbol.png') });
  console.log(`wrote ${join(docs, 'page.png')} and page-symbol.png`);
} finally {
  await browser.close();
  stop.abort(new Error('the pictures are made'));
  await running;
  await daemon.close();
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
}
