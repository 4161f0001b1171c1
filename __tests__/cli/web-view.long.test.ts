import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { launchChromium, missingChromium } from '../dev/web/chromium';
import { openTab } from '../dev/web/page-tab';
import { alive, type Running, treeOf } from '../support/process-tree';
import { itOrSkip } from '../support/skips';
import { hasPseudoTerminal, PseudoTerminal } from './pseudo-terminal';

/** `npm run dev` as a person has it before them: a terminal, and the page that it serves, in Chromium. */
jest.setTimeout(180_000);

const missing = hasPseudoTerminal() ? missingChromium : "keys on a terminal need util-linux's `script`";

const TAKEN = 'EC2 takes the oldest spot worker (two minutes after its warning)';

let terminal: PseudoTerminal | undefined;
let browser: Browser | undefined;
afterEach(async () => {
  terminal?.kill();
  await browser?.close();
});

const folderOf = ({ command }: Running): string[] => /--storage\.tsdb\.path=(\S+)\/data/.exec(command)?.slice(1) ?? [];

itOrSkip(missing, 'the page plays a scenario, says why, and does what the keys do', async () => {
  const dev = new PseudoTerminal(['dev', '--scenario', 'scenarios/quiet.yaml', '--speed', '60']);
  terminal = dev;
  browser = await launchChromium();
  // GIVEN the page of a loop that plays another scenario
  const [url = ''] = (await dev.until(/Web view {3}http:\S+/)).match(/http:\S+/) ?? [];
  const { page, asked, complaints } = await openTab(browser);
  page.setDefaultTimeout(40_000);
  await page.goto(url);
  await page.getByRole('heading', { name: 'k3s-autoscaler quiet, seed 1' }).waitFor();
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const why = page.locator('#why');

  // WHEN EC2 is to take a spot worker where there is none
  const fault = page.getByRole('combobox', { name: 'Fault' });
  await fault.selectOption(TAKEN);
  await button('Inject the fault').click();
  // THEN both say so, and what to do
  await page.getByText(/^EC2 takes no worker\. .* EC2 warns spot instances alone: play the scenario spot/).waitFor();
  await dev.until(/EC2 takes no worker/);

  // WHEN one is chosen and started there
  await page.getByRole('combobox', { name: 'Scenario' }).selectOption('spot');
  await button('Start the scenario').click();
  // THEN both begin anew with it, and the page follows its ticks until the nodes are there
  await dev.until(/scenario {3}spot/);
  await page.getByRole('heading', { name: 'k3s-autoscaler spot, seed 1' }).waitFor();
  await page.getByRole('img', { name: /^Workers over time; at [\d:]+: 7 ready$/ }).waitFor();

  // WHEN it is paused
  await button('Pause').click();
  // THEN the terminal says so, and ticks can be looked at that are over
  await dev.until(/ paused │ 7 ready/);
  await button('Go on').waitFor();
  await button('Previous action').click();
  await page.getByRole('heading', { name: 'Pending pods: 42' }).waitFor();

  // WHEN a pod that waits and a node that comes are asked about
  await button(/^default\/web-\S+, Deployment web, 250m CPU, 128 MiB, Pending$/)
    .first()
    .click();
  // THEN what the function said of them is read
  await why.getByText('pod-gets-node').waitFor();
  expect(await why.innerText()).toContain('A node is launched that takes the pod. Pool: burst, type: ');
  await button(/^worker-i-[0-9a-f]+ joining$/)
    .first()
    .click();
  await why.getByText('Its instance has no node in the cluster at this tick: only nodes are judged.').waitFor();
  await button('Last').click();
  await why.getByText(/^node-(busy|young)$/).waitFor();

  // WHEN a tick is asked for while time stands still
  await button('Tick now').click();
  // THEN it is made
  await dev.until(/ manual: 7 ready/);
  await page.getByRole('heading', { name: /^Decision at [\d:]+ \(manual\)$/ }).waitFor();

  // WHEN something is let go wrong
  await fault.selectOption(TAKEN);
  await button('Inject the fault').click();
  // THEN the page says that it was taken, and both show what the function made of it
  await page.getByText(`done: fault ${TAKEN}`).waitFor();
  await dev.until(/! spot interruption in two minutes: i-[0-9a-f]+/);
  await dev.until(/ interruption: /);
  await page.getByRole('heading', { name: /^Decision at [\d:]+ \(interruption\)$/ }).waitFor();
  await button(/^worker-i-[0-9a-f]+ cordoned$/).click();
  await why.getByText('node-interrupted').waitFor();

  // WHEN it goes on, faster
  await button('Twice as fast').click();
  await button('Go on').click();
  // THEN so it does
  await dev.until(/ 120× │/);
  await page.getByText('120×').waitFor();
  await page.getByRole('heading', { name: /^Decision at [\d:]+ \(schedule\)$/ }).waitFor();
  // Chromium's own word on what was refused.
  expect(complaints).toEqual([expect.stringContaining('409')]);
  expect(new Set(asked.map((address) => new URL(address).origin))).toEqual(new Set([url]));

  // WHEN it is ended by its key
  const started = treeOf(dev.pid);
  const folders = started.flatMap(folderOf);
  dev.press('q');
  // THEN the page says that nobody answers, and nothing is left: no process, no folder
  expect(await dev.end()).toBe(0);
  await page.getByText('The dev loop does not answer; trying again.').waitFor();
  expect(started.map(({ command }) => command).join('\n')).toMatch(/main\.ts dev[\s\S]*prometheus\.yml/);
  expect(alive(started)).toEqual([]);
  expect(folders).toHaveLength(1);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
});
