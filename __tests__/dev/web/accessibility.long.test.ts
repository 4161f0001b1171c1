import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AxeResults, source } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { Frame, LoopState, Run } from '../../../src/dev/web/frame';
import { documentOf } from '../../../src/dev/web/page/document';
import { startWebView, type WebView } from '../../../src/dev/web/server';
import { itOrSkip } from '../../support/skips';
import { launchChromium, missingChromium } from './chromium';
import { contrastOf, drawnOn, LEAST } from './contrast';
import { madeRun } from './made-run';
import { openTab } from './page-tab';

/** The rules of WCAG 2.2 A and AA that a program can check, contrast among them. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Arrows and the like have the colours of the other buttons' words, which are computed; and what lies under the reason on
 * a telephone cannot be seen until it is scrolled.
 */
const NO_QUESTION = /only non-text characters|overlap/;

/** What breaks a rule, and text whose contrast axe could not compute; each as `rule: element: what to do`. */
async function brokenOn(page: Page): Promise<string[]> {
  await page.evaluate(source);
  const found = await page.evaluate<AxeResults>(`axe.run(document, { runOnly: ${JSON.stringify(TAGS)} })`);
  const unsure = found.incomplete.filter(({ id }) => id === 'color-contrast');
  return [...found.violations, ...unsure]
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    )
    .filter((line) => !NO_QUESTION.test(line));
}

/** The made run, with a last tick in which there is a node of every state, pods that wait, and a hold. */
function everything(): Run {
  const { head, frames } = madeRun();
  const [, grown] = frames as [Frame, Frame];
  const states = ['ready', 'ready', 'cordoned', 'ending', 'not-ready', 'joining'] as const;
  const last: Frame = {
    ...grown,
    index: frames.length,
    at: (frames.at(-1)?.at ?? 0) + 120_000,
    hold: { code: 'cpu-unknown', text: 'The mean CPU is not known.' },
    picture: {
      ...grown.picture,
      nodes: grown.picture.nodes.map((node, index) => ({ ...node, state: states[index] ?? 'joining' })),
    },
  };
  return { head, frames: [...frames, last] };
}

const LOOP: LoopState = { paused: true, speed: 60, scenario: 'tour', scenarios: ['night', 'tour'] };

describe.each(['light', 'dark'] as const)('the web view, %s', (colorScheme) => {
  let browser: Browser;
  let folder: string;
  let view: WebView;

  beforeAll(async () => {
    if (missingChromium !== undefined) return;
    folder = await mkdtemp(path.join(tmpdir(), 'page-'));
    browser = await launchChromium();
    const { head, frames } = everything();
    view = await startWebView({ head, state: LOOP, controls: CONTROLS, log: () => undefined });
    for (const frame of frames) view.push(frame);
  });

  afterAll(async () => {
    await browser?.close();
    await view?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  /** Nothing moves, so that no colour is looked at on its way to another. */
  const open = async (url: string): Promise<Page> => {
    const { page } = await openTab(browser, { colorScheme, reducedMotion: 'reduce' });
    await page.goto(url);
    await page.getByText('tick 17 of 17').waitFor();
    return page;
  };

  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();

  itOrSkip(missingChromium, 'breaks no rule as it is served', async () => {
    const page = await open(view.url);
    await button(page, 'Go on').waitFor();
    expect(await brokenOn(page)).toEqual([]);
    // WHEN a node is asked about, and a control was refused
    await page.route('**/control', (route) => route.fulfill({ status: 400, body: '{"what":"Refused."}' }));
    await button(page, 'Tick now').click();
    await page.locator('.status[data-failed]').waitFor();
    await button(page, /cordoned$/).click();
    await page.locator('#why[data-open]').waitFor();
    expect(await brokenOn(page)).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'breaks no rule on a telephone, with a reason over it', async () => {
    const page = await open(view.url);
    await page.setViewportSize({ width: 360, height: 740 });
    await button(page, /^default\/web-9,/).click();
    await page.locator('.chips .pod[aria-pressed=true]').waitFor();
    expect(await brokenOn(page)).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'breaks no rule as a file', async () => {
    const file = path.join(folder, 'run.html');
    await writeFile(file, await documentOf({ run: everything() }));
    const page = await open(pathToFileURL(file).href);
    await button(page, 'pool burst').click();
    await page.locator('#why[data-open]').waitFor();
    expect(await brokenOn(page)).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'has graphics and edges that can be told from what is behind them', async () => {
    const page = await open(view.url);
    await button(page, 'Go on').waitFor();
    const drawn = await drawnOn(page);
    expect(drawn.length).toBeGreaterThan(40);
    expect(drawn.filter((one) => contrastOf(one) < LEAST)).toEqual([]);
    await page.close();
  });
});

const nothing = () => undefined;
const CONTROLS = {
  tick: nothing,
  pause: nothing,
  resume: nothing,
  speed: nothing,
  load: nothing,
  fault: nothing,
  scenario: nothing,
};
