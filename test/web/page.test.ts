import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makePlan } from '../../src/plan/plan.ts';
import { bar, symbol } from '../gateway/support/world.ts';
import { keepPicture, openBrowser, openTab, type Tab, type TabOptions } from './browser.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';

const count = 500;

describe('the page', () => {
  let browser: Browser;
  let server: FakeServer;
  const tabs: Tab[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => browser?.close());
  beforeEach(async () => {
    server = await startFakeServer(count);
    const { data } = server;
    const minute = Math.floor(data.now / 60_000);
    data.quarantine = [
      {
        symbol: 'AANN',
        reason: 'the service says "invalid symbol: AANN"',
        since: data.now - 900_000,
        nextLook: data.now + 2_100_000,
      },
    ];
    data.gaps = [
      {
        symbols: ['AEZO', 'META', 'AQSU'],
        count: 3,
        from: minute - 4,
        to: minute - 1,
        reason: 'HTTP 503 from the service',
        next: 'each poll asks for all of it again, until it is answered',
      },
    ];
  });
  afterEach(async () => {
    for (const { page } of tabs.splice(0)) await page.context().close();
    await server.world.gateway.close();
  });

  async function open(path = '/', options?: TabOptions): Promise<Tab> {
    const tab = await openTab(browser, server.world.url(path), options);
    tabs.push(tab);
    await tab.page.getByText('live', { exact: true }).waitFor();
    return tab;
  }

  const verdict = (page: Page) => page.locator('.verdict');
  const told = (page: Page) => page.locator('#heat-told');

  it('says at once whether the data is right, and why', async () => {
    server.data.gaps = [];
    server.data.quarantine = [];
    server.data.cell = (_, at) => (at < server.data.minute ? 1 : 0);
    const { page, complaints } = await open();
    await page.getByText('every minute through 12:13 ET is here or known to be quiet').waitFor();
    expect(await verdict(page).locator('strong').textContent()).toBe('Yes');
    await keepPicture(page, 'verdict-yes');

    server.data.more = { store: { commits: 1, lastMs: 1, failing: true } };
    await verdict(page).getByText('the store keeps nothing').waitFor();
    server.data.more = { openGapMinutes: 12 };
    await verdict(page).getByText('12 minutes, counted over all symbols').waitFor();
    expect(await page.title()).toBe('No: is my data right? Fleece');
    server.data.more = { lastSealed: null };
    await verdict(page).getByText('no minute is settled yet').waitFor();
    server.data.more = {
      lastSealed: null,
      market: { session: 'closed', nextChange: Date.parse('2026-01-20T09:00:00Z') },
    };
    await verdict(page).getByText('nothing was polled yet; the market opens Tue, Jan 20 04:00 ET').waitFor();
    server.data.more = { quarantined: 2 };
    await verdict(page).getByText('but the service refuses 2 symbols').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows the present minute, the budget by lane, lateness, breaker, market, clock, feed, mode and clients', async () => {
    const { page } = await open();
    const now = page.getByRole('complementary', { name: 'Now' });
    const text = (await now.innerText()).replaceAll(/\s+/g, ' ');
    for (const fact of [
      'Minute 12:19',
      'Batches done 8 of 10',
      'Bars in 310',
      'No bar so far 90',
      'Still to ask 100',
      '64 of 180',
      'live 48 repair 4 backfill 12',
      'Breaker closed',
      'p50 2.1 s',
      'p99 8.4 s',
      'Last sealed minute 12:13',
      'Market regular hours',
      'Next change 16:00 in 3 h 39 min',
      'iex, hybrid 50 × 4',
      'Clients 3',
      'Clock offset -38 ms',
    ])
      expect(text).toContain(fact);
    const budget = page.getByRole('meter', { name: 'Requests of the last 60 seconds' });
    expect(await budget.getAttribute('aria-valuetext')).toBe('64 of 180: 48 live, 4 repair, 12 backfill');
  });

  it('draws the day, filters it, sorts it, and opens a cell with its versions', async () => {
    const { page, complaints } = await open();
    const map = page.getByRole('application');
    await map.waitFor();
    expect(await page.locator('.legend').innerText()).toMatch(/missing\s*135/);
    await map.click({ position: { x: 300, y: 7 } });
    const first = await told(page).textContent();
    expect(first).toMatch(/^ACQW /);

    await page.getByLabel('Sort').selectOption('symbol');
    await map.press('Home');
    expect(await told(page).textContent()).toMatch(/^AAKK /);
    await page.getByLabel('Search symbols').fill('nvda');
    await page.getByText('1 of 500 symbols').waitFor();
    await map.press('Home');
    const minute = (await told(page).textContent())?.slice(5, 10);
    await map.press('Shift+ArrowRight');
    expect(await told(page).textContent()).toMatch(/^NVDA \d\d:\d\d ET: /);
    expect((await told(page).textContent())?.slice(5, 10)).not.toBe(minute);

    await page.getByLabel('Search symbols').fill('');
    await page.getByLabel('Search symbols').fill('aapl');
    await map.click({ position: { x: 300, y: 7 } });
    while (!(await told(page).textContent())?.includes('bar, confirmed')) await map.press('ArrowRight');
    await page.mouse.move(5, 5);
    await map.press('Enter');
    const cell = page.locator('.cell');
    await cell.getByText('2 versions; the last one is served').waitFor();
    expect(await cell.locator('tbody tr').first().innerText()).toMatch(/Came from\s+iex\s+sip/);
    await keepPicture(page, 'cell');
    await page.getByLabel('Search symbols').fill('zzzzz');
    await page.getByText('No symbol holds “zzzzz”.').waitFor();
    await page.getByLabel('The trading day before').click();
    await page.getByText('The market is closed on Tue, Jan 13').waitFor();
    expect(complaints).toEqual([]);
  });

  it('takes in the columns that change, without reading the day anew', async () => {
    const { page } = await open();
    await page.getByRole('application').waitFor();
    const sizes: number[] = [];
    page.on('response', (response) => {
      if (response.url().includes('/fleece/coverage'))
        void response.body().then((body) => sizes.push(body.length));
    });
    const before = (await page.locator('.legend').innerText()).replaceAll(/\s+/g, ' ');
    server.data.minute += 1;
    await expect
      .poll(async () => (await page.locator('.legend').innerText()).replaceAll(/\s+/g, ' '), {
        timeout: 10_000,
      })
      .not.toBe(before);
    await expect.poll(() => sizes.length).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThan(count * 12);
  });

  it('shows candles of a symbol, marks what was revised, and follows the stream', async () => {
    const { page, complaints } = await open('/#/symbol/AAPL');
    await page.locator('.chart canvas').first().waitFor();
    await page.locator('.last-bar').getByText('12:19 ET').waitFor();
    await page.waitForTimeout(500);
    await keepPicture(page, 'symbol');
    const minute = Math.floor(server.data.now / 60_000);
    const live = bar('AAPL', 0, { minute: minute as never, c: 199.5, h: 200 });
    await expect
      .poll(
        async () => {
          server.world.deliver({ ...live, symbol: symbol('AAPL') });
          return page.locator('.last-bar').innerText();
        },
        { timeout: 10_000 },
      )
      .toMatch(/199\.50\s+12:20 ET/);
    server.world.deliver({ ...live, type: 'revision', version: 2, c: 199.75 });
    await page.locator('.last-bar').getByText('199.75').waitFor();
    await page.getByText('bars as a table').click();
    expect(await page.locator('details tbody tr').first().innerText()).toMatch(/12:20.*199\.75.*revised/s);
    await page.locator('details tbody button').first().click();
    await page.locator('.cell').getByText('12:20').waitFor();

    for (const name of ['5Min', '1Hour', '1Day', '1Min'])
      await page.getByRole('button', { name, exact: true }).click();
    await page.getByRole('combobox', { name: 'Symbol' }).fill('nope');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('No bar of NOPE is kept for this span.').waitFor();
    await page.getByText('NOPE is not polled.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('lists gaps and quarantine with their reasons, and asks again', async () => {
    const { page, complaints } = await open('/#/trouble');
    await page.getByText('HTTP 503 from the service').waitFor();
    await page.getByText('each poll asks for all of it again').waitFor();
    await page.getByText('the service says "invalid symbol: AANN"').waitFor();
    await keepPicture(page, 'trouble');
    await page.getByRole('button', { name: 'Ask again now' }).click();
    await page.getByText('It is asked for again at the next poll.').waitFor();
    await page.getByRole('button', { name: 'Ask again', exact: true }).click();
    await expect.poll(() => server.data.asked.length).toBe(2);
    const minute = Math.floor(server.data.now / 60_000);
    expect(server.data.asked).toEqual([
      { symbols: ['AEZO', 'META', 'AQSU'], from: minute - 4, to: minute - 1 },
      { symbols: ['AANN'] },
    ]);
    server.data.gaps = [];
    server.data.quarantine = [];
    await page.getByText('No gap is open.').waitFor();
    await page.getByText('The service accepts every symbol.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('tells the cost of a backfill before it can be started', async () => {
    const { page } = await open('/#/trouble');
    const form = page.getByRole('region', { name: 'Backfill' });
    await form.getByLabel('From, ET').fill('2026-01-14T09:30');
    await form.getByLabel('To, ET').fill('2026-01-14T15:59');
    expect(await form.getByRole('button', { name: 'Start the backfill' }).count()).toBe(0);
    await form.getByRole('button', { name: 'What does it cost?' }).click();
    await form.getByText('20 requests').waitFor();
    expect(server.data.backfills).toEqual([]);
    await form.getByRole('button', { name: 'Start the backfill' }).click();
    await form.getByText('Backfill 1 has started.').waitFor();
    const open930 = Date.parse('2026-01-14T14:30:00Z') / 60_000;
    expect(server.data.backfills).toEqual([{ from: open930, to: open930 + 389 }]);
    await form.getByLabel('Symbols').fill('ZZZZZ');
    await form.getByRole('button', { name: 'What does it cost?' }).click();
  });

  it('calculates as the daemon plans, and switches the mode', async () => {
    const { page, complaints } = await open('/#/plan');
    const calculator = page.getByRole('region', { name: 'Calculator' });
    await calculator.getByLabel('Symbols', { exact: true }).fill('11635');
    await calculator.getByLabel('Mode').selectOption('batch');
    await calculator.getByLabel('Round trip, ms').fill('300');
    const symbols = Array.from({ length: 11_635 }, () => 'AAAA');
    const plan = makePlan({ symbols, mode: 'batch', requestsPerMinute: 180, roundTripMs: 300 });
    const results = await calculator.locator('.results').innerText();
    expect(results.replaceAll(/\s+/g, ' ')).toBe(
      `${plan.requestsPerMinute} requests a minute ${plan.secondsPerCycle.toFixed(0)} seconds a cycle ${Math.round(plan.budgetShare * 100)} % of the budget ${plan.cadenceMinutes} minutes between two looks at a symbol`,
    );
    await calculator.getByText('--batch-size 100').waitFor();
    await keepPicture(page, 'plan');

    const mode = page.getByRole('region', { name: 'Mode' });
    await mode.getByRole('button', { name: 'batch' }).click();
    await mode.getByLabel('Symbols a request').fill('40');
    await mode.getByRole('button', { name: 'Poll like this' }).click();
    await mode.getByText('From the next poll on: batch, 40 a request').waitFor();
    expect(server.data.modes).toEqual([{ mode: 'batch', batchSize: 40 }]);
    await mode.getByLabel('In flight').fill('99');
    await mode.getByRole('button', { name: 'Poll like this' }).click();
    await mode.getByText('concurrency has to be a whole number from 1 to 64').waitFor();
    // The refused press is an HTTP 400, which browsers write into the console by themselves.
    expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
  });

  it('says how old what it shows is while the daemon is away, and comes back by itself', async () => {
    const { page } = await open();
    server.data.failure = 'made up';
    await page.getByText(/trying again\. What you see is [\d.]+ (ms|s) old/).waitFor();
    await verdict(page).getByText('not connected: what you see is of the past').waitFor();
    await keepPicture(page, 'away');
    server.data.failure = undefined;
    await page.getByText('live', { exact: true }).waitFor();
    await verdict(page).getByText('counted over all symbols').waitFor();
  });

  it('connects again, stream and all, when the daemon was stopped and started', async () => {
    const { page } = await open();
    const { port } = server.world.gateway;
    await server.world.gateway.close();
    await page.getByText('Fleece does not answer; trying again.').waitFor();
    server = await startFakeServer(count, { port });
    await page.getByText('live', { exact: true }).waitFor();
    // Its token is of the earlier run: the page says so instead of doing nothing.
    await page.getByRole('navigation').getByRole('link', { name: 'Plan' }).click();
    await page.getByRole('button', { name: 'Poll like this' }).click();
    await page.getByText('only the page itself may change something: load it again').waitFor();
    expect(server.data.modes).toEqual([]);
  });

  it('follows the system between light and dark, and keeps a choice', async () => {
    const { page } = await open('/', { dark: true });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.waitForTimeout(400);
    await keepPicture(page, 'dark');
    await page.getByRole('button', { name: 'Light colours' }).click();
    const light = await background();
    expect(light).not.toBe(dark);
    await page.reload();
    expect(await background()).toBe(light);
  });

  it('fits a phone, view by view', async () => {
    const { page, complaints } = await open('/', { width: 390, height: 844, scale: 2 });
    for (const view of ['Now', 'Coverage', 'Symbol', 'Gaps', 'Plan']) {
      await page.getByRole('navigation').getByRole('link', { name: view }).click();
      await page.waitForTimeout(300);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, view).toBeLessThanOrEqual(0);
      await keepPicture(page, `phone-${view.toLowerCase()}`);
    }
    expect(complaints).toEqual([]);
  });

  it('names every control, and can be worked with the keyboard alone', async () => {
    const { page } = await open();
    await page.getByRole('application').waitFor();
    for (const view of ['Coverage', 'Symbol', 'Gaps', 'Plan']) {
      await page.getByRole('navigation').getByRole('link', { name: view }).click();
      await page.waitForTimeout(300);
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('button, a, input, select, [role=meter]')]
          .filter((element) => {
            const labels = (element as HTMLInputElement).labels;
            const label = labels?.[0]?.textContent ?? '';
            return `${element.getAttribute('aria-label') ?? ''}${element.textContent}${label}`.trim() === '';
          })
          .map((element) => element.outerHTML),
      );
      expect(nameless, view).toEqual([]);
    }
    await page.getByRole('navigation').getByRole('link', { name: 'Coverage' }).click();
    const map = page.getByRole('application');
    await map.waitFor();
    await map.focus();
    await map.press('End');
    await map.press('Enter');
    const name = (await told(page).textContent())?.split(' ')[0] ?? '';
    await page.locator('.cell').getByRole('link', { name }).waitFor();
    await map.press('s');
    await page.waitForURL(`**/#/symbol/${name}`);
  });

  it('cannot be pressed by a page of another origin', async () => {
    const elsewhere = await startFakeServer(10);
    const { page } = await openTab(browser, elsewhere.world.url('/'));
    const target = server.world.url('/');
    const outcomes = await page.evaluate(async (base) => {
      const press = (headers: Record<string, string>, mode: RequestMode) =>
        fetch(`${base}fleece/mode`, { method: 'POST', mode, headers, body: '{"mode":"batch"}' }).then(
          (response) => response.type,
          () => 'refused',
        );
      const read = fetch(base).then(
        () => 'read',
        () => 'refused',
      );
      return [
        await press({ 'content-type': 'application/json', 'x-fleece-page-token': 'guessed' }, 'cors'),
        await press({ 'content-type': 'text/plain' }, 'no-cors'),
        await read,
      ];
    }, target);
    // The page's own policy lets it speak to its own daemon alone; the daemon refuses such a page besides.
    expect(outcomes).toEqual(['refused', 'refused', 'refused']);
    expect(server.data.modes).toEqual([]);
    await page.context().close();
    await elsewhere.world.gateway.close();
  });

  it('works with a client key as user name and password, where one is asked for', async () => {
    const guarded = await startFakeServer(10, { clientKeys: [{ id: 'desk', secret: 'of-the-desk' }] });
    const context = await browser.newContext({
      locale: 'en-US',
      httpCredentials: { username: 'desk', password: 'of-the-desk' },
    });
    const page = await context.newPage();
    await page.goto(guarded.world.url('/#/plan'));
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'batch' }).click();
    await page.getByRole('button', { name: 'Poll like this' }).click();
    await page.getByText('From the next poll on: batch').waitFor();
    await context.close();
    await guarded.world.gateway.close();
  });

  it('asks nobody but its own daemon', async () => {
    const context = await browser.newContext({ locale: 'en-US' });
    const page = await context.newPage();
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    page.on('websocket', (socket) => hosts.add(new URL(socket.url()).host));
    await page.goto(server.world.url('/'));
    await page.getByText('live', { exact: true }).waitFor();
    await page.goto(server.world.url('/#/symbol/AAPL'));
    await page.locator('.chart canvas').first().waitFor();
    hosts.delete('');
    expect([...hosts]).toEqual([new URL(server.world.url('/')).host]);
    await context.close();
  });
});
