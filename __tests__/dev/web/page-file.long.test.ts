import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { documentOf } from '../../../src/dev/web/page/document';
import { itOrSkip } from '../../support/skips';
import { launchChromium, missingChromium } from './chromium';
import { HOSTILE, hostileRun, madeRun } from './made-run';
import { openTab, overflowOf, type Tab } from './page-tab';

describe('the web view as a file, in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    if (missingChromium) return;
    folder = await mkdtemp(path.join(tmpdir(), 'page-'));
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  async function open(run = madeRun(), options = {}): Promise<Tab & { url: string }> {
    const file = path.join(folder, 'run.html');
    await writeFile(file, await documentOf({ run }));
    const tab = await openTab(browser, options);
    const url = pathToFileURL(file).href;
    await tab.page.goto(url);
    return { ...tab, url };
  }

  itOrSkip(missingChromium, 'goes through the ticks by keyboard, and says where it is', async () => {
    const { page, url, asked, complaints } = await open();
    const slider = page.getByRole('slider', { name: 'Tick' });
    await page.getByText('tick 16 of 16').waitFor();
    await page.keyboard.press('Home');
    await page.getByText('tick 1 of 16').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'Decision at 00:02:00 (schedule)' }).waitFor();
    expect(await slider.getAttribute('aria-valuetext')).toBe('00:02:00, tick 2 of 16, pending-pods');
    await page.keyboard.press('Shift+ArrowRight');
    await page.getByText('tick 6 of 16').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('tick 5 of 16').waitFor();
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('tick 6 of 16').waitFor();
    await page.keyboard.press('End');
    await page.getByText('tick 16 of 16').waitFor();
    expect(asked).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'says why of a node, of a pod that waits, of one that runs and of a pool', async () => {
    const { page, complaints } = await open();
    const why = page.locator('#why');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('button', { name: 'worker-i-3 joining' }).click();
    await why.getByText('node-joining').waitFor();
    expect(await why.innerText()).toContain('The node is on its way or not Ready yet.');

    // By keyboard alone: the group is one stop, and up and down go through it.
    const pending = page.getByRole('group', { name: 'Deployment web, pod-gets-node' }).getByRole('button');
    expect(await pending.count()).toBe(43);
    await pending.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await why.getByRole('heading', { name: 'Pod default/web-8' }).waitFor();
    expect(await why.innerText()).toContain('A node is launched that takes the pod. Pool: burst.');
    expect(await why.innerText()).toContain('on no node');

    // A tick later it runs, and what was said before is still told.
    await page.keyboard.press('ArrowRight');
    await why.getByText('It runs: only pods that wait are judged.').waitFor();
    expect(await why.getByRole('list', { name: 'What was said before' }).innerText()).toContain('pod-gets-node');
    await page.getByRole('button', { name: /^default\/web-20, Deployment web, 250m CPU, 128 MiB, Running$/ }).click();
    await why.getByText('on worker-i-2').waitFor();

    await page.getByRole('button', { name: 'pool burst' }).click();
    await why.getByText('The pool has what it needs.').first().waitFor();
    await why.getByRole('button', { name: '00:02:00' }).click();
    await why.getByText('pool-grows').waitFor();
    await page.keyboard.press('Escape');
    await why.getByRole('heading', { name: 'Why?' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'goes to the tick of a click into a chart, and marks it in each', async () => {
    const { page } = await open();
    const chart = page.getByRole('img', { name: /^Pending pods over time; at 00:30:00: 0, and 6 running$/ });
    const area = chart.locator('.u-over');
    const box = await area.boundingBox();
    if (box === null) throw new Error('the chart is not drawn');
    await area.click({ position: { x: box.width / 15, y: 20 } });
    await page.getByRole('img', { name: /^Workers over time; at 00:02:00: 1 ready, 6 joining$/ }).waitFor();
    await page.getByRole('img', { name: /^CPU over time; at 00:02:00: 76 %/ }).waitFor();
    await page.getByRole('img', { name: /^Cost over time; at 00:02:00: \$0.2672\/h for 7 workers$/ }).waitFor();
    const lines = await page.locator('.at').evaluateAll((all) => all.map((line) => line.getBoundingClientRect().x));
    expect(new Set(lines.map(Math.round)).size).toBe(1);
    await page.close();
  });

  itOrSkip(missingChromium, 'gives pods the area that they ask for, of CPU or of memory', async () => {
    const { page } = await open();
    await page.keyboard.press('Home');
    const pod = page.getByRole('button', { name: /^kube-system\/coredns-0,/ });
    const share = () =>
      pod.evaluate(({ style }) => (Number.parseFloat(style.width) * Number.parseFloat(style.height)) / 10_000);
    expect(await share()).toBeCloseTo(250 / 2000, 3);
    await page.getByRole('button', { name: 'Memory', exact: true }).click();
    await page.locator('button[aria-pressed=true]', { hasText: 'Memory' }).waitFor();
    expect(await share()).toBeCloseTo(128 / 3700, 3);
    await page.close();
  });

  itOrSkip(missingChromium, 'shows hostile names as text', async () => {
    const { page, url, asked, complaints } = await open(hostileRun());
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('button', { name: `${HOSTILE.node}2 joining` }).click();
    await page.getByRole('heading', { name: `Node ${HOSTILE.node}2` }).waitFor();
    await page.getByRole('button', { name: `default/${HOSTILE.pod}9, Deployment web` }).click();
    await page.getByRole('heading', { name: `Pod default/${HOSTILE.pod}9` }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    expect(asked).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  itOrSkip(
    missingChromium,
    'can be read on 360 pixels, and at twice the size, without scrolling sideways',
    async () => {
      for (const width of [360, 640]) {
        const { page } = await open(hostileRun(), { viewport: { width, height: 740 } });
        await page.keyboard.press('Home');
        await page.keyboard.press('ArrowRight');
        expect(await overflowOf(page)).toBe(0);
        const title = page.getByRole('button', { name: /joining$/ }).first();
        await title.click();
        const why = page.getByText('The node is on its way or not Ready yet.');
        await why.waitFor();
        // The reason is in sight without scrolling to it.
        expect((await why.boundingBox())?.y).toBeLessThan(740);
        expect(await overflowOf(page)).toBe(0);
        await page.close();
      }
    },
  );

  itOrSkip(missingChromium, 'is dark where the system is, and moves nothing where that is asked for', async () => {
    const background = async (colorScheme: 'light' | 'dark') => {
      const { page } = await open(madeRun(), { colorScheme, reducedMotion: 'reduce' });
      await page.locator('.area .pod').first().waitFor();
      const color = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      const moves = await page.evaluate<string>(
        "getComputedStyle(document.querySelector('.area .pod')).transitionDuration",
      );
      await page.close();
      return { brightness: Math.max(...(color.match(/\d+/g) ?? []).map(Number)), moves };
    };
    expect(await background('dark')).toMatchObject({ moves: '0s', brightness: 23 });
    expect((await background('light')).brightness).toBeGreaterThan(240);
  });

  itOrSkip(missingChromium, 'has its landmarks and headings, and a name for everything that can be used', async () => {
    const { page } = await open();
    await page.keyboard.press('Home');
    for (const role of ['banner', 'main', 'complementary', 'navigation'] as const) {
      expect(await page.getByRole(role).count()).toBe(1);
    }
    for (const name of ['Timeline', 'Nodes', 'Pending pods: 0', 'Why?', 'What was done']) {
      expect(await page.getByRole('heading', { name, level: 2, exact: true }).count()).toBe(1);
    }
    const nameless = await page
      .getByRole('button')
      .evaluateAll((all) => all.filter((each) => !each.getAttribute('aria-label') && !each.textContent?.trim()).length);
    expect(nameless).toBe(0);
    // No controls without a loop behind them.
    expect(await page.getByRole('region', { name: 'Controls' }).count()).toBe(0);
    await page.close();
  });
});
