import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';

const artifacts = join(import.meta.dirname, '../../artifacts');
const page = join(import.meta.dirname, '../../dist/web/index.html');

/** A browser of the machine when there is one, else the one that comes with the development packages. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(page)) throw new Error('the page is not built: run `npm run build` first');
  const known = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find(
    (path): path is string => path !== undefined && existsSync(path),
  );
  return chromium.launch({
    executablePath: known ?? (await unpacked()),
    headless: true,
    args: ['--no-sandbox', '--no-zygote', '--disable-dev-shm-usage', '--hide-scrollbars'],
  });
}

/** Unpack the browser once, whoever of the test processes comes first; a half unpacked one is begun anew. */
async function unpacked(): Promise<string> {
  const folder = join(tmpdir(), 'fleece-test-chromium');
  const done = join(folder, 'done');
  const lock = `${folder}.lock`;
  while (!take(lock)) await sleep(100);
  const before = process.env['TMPDIR'];
  try {
    if (existsSync(done)) return join(folder, 'chromium');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    process.env['TMPDIR'] = folder;
    const path = await sparticuz.executablePath();
    writeFileSync(done, '');
    return path;
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A lock that was held for two minutes is one that was left behind. */
const staleLockMs = 120_000;

function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const heldMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (heldMs > staleLockMs) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

export interface Tab {
  readonly page: Page;
  /** What the page complained of: its console's errors and warnings, and what it threw. */
  readonly complaints: string[];
}

export interface TabOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly scale?: number;
}

/** A page of its own, without anything of those before it. */
export async function openTab(browser: Browser, url: string, options: TabOptions = {}): Promise<Tab> {
  const { width = 1440, height = 900, dark = false, scale = 1 } = options;
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    deviceScaleFactor: scale,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}

/** Keep what was measured: it depends on the machine, so nothing is demanded of it. */
export function keepNumbers(name: string, numbers: Readonly<Record<string, number>>): void {
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(join(artifacts, `${name}.json`), `${JSON.stringify(numbers, null, 2)}\n`);
}

/** Keep a picture for whoever wants to look. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(artifacts, { recursive: true });
  await page.screenshot({ path: join(artifacts, `${name}.png`) });
}
