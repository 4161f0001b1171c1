import type { Browser } from 'playwright-core';
import { FAULTS } from '../../../src/dev/interactive/menus';
import type { LoopState } from '../../../src/dev/web/frame';
import { itOrSkip } from '../../support/skips';
import { launchChromium, missingChromium } from './chromium';
import { madeRun } from './made-run';
import { MadeServer } from './made-server';
import { openTab, overflowOf, type Tab } from './page-tab';

const LOOP: LoopState = { paused: false, speed: 60, scenario: 'tour', scenarios: ['night', 'tour'] };

describe('the web view of a running loop, in Chromium', () => {
  let browser: Browser;
  let server: MadeServer;
  let url: string;

  beforeAll(async () => {
    if (missingChromium === undefined) browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    const { head, frames } = madeRun();
    server = new MadeServer({ head, frames: frames.slice(0, 3) });
    url = await server.start();
  });

  afterEach(() => server.stop());

  async function open(options = {}): Promise<Tab> {
    const tab = await openTab(browser, options);
    await tab.page.goto(url);
    await tab.page.getByText('tick 3 of 3').waitFor();
    server.push({ kind: 'state', state: LOOP });
    await tab.page.getByRole('button', { name: 'Tick now', disabled: false }).waitFor();
    return tab;
  }

  const frame = (index: number) => {
    const found = madeRun().frames[index];
    if (found === undefined) throw new Error(`the made run has no frame ${index}`);
    return found;
  };

  itOrSkip(missingChromium, 'follows the ticks as they come, tells them, and stays where a person went', async () => {
    const { page, asked, complaints } = await open();
    server.push({ kind: 'frame', frame: frame(3) });
    await page.getByText('tick 4 of 4').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    server.push({ kind: 'frame', frame: frame(4) });
    await page.getByText('tick 2 of 5').waitFor();
    await page.keyboard.press('End');
    server.push({ kind: 'frame', frame: frame(5) });
    await page.getByText('tick 6 of 6').waitFor();
    const announced = page.locator('[aria-live=polite]', {
      hasText: '00:10:00: It is 5 %; worker 6 goes. cordoned: worker 6',
    });
    await announced.waitFor({ state: 'attached' });
    expect(new Set(asked)).toEqual(new Set([url, `${url}frames`, `${url}events`]));
    expect(complaints).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'keeps the focus and the reason when a tick comes', async () => {
    const { page } = await open();
    const node = page.getByRole('button', { name: 'worker-i-6 ready' });
    await node.focus();
    await page.keyboard.press('Enter');
    await page.locator('#why').getByText('node-busy').waitFor();
    for (const index of [3, 4, 5]) server.push({ kind: 'frame', frame: frame(index) });
    await page.locator('#why').getByText('The node is chosen for removal: worker-i-6.').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('worker-i-6 cordoned');
    await page.close();
  });

  itOrSkip(missingChromium, 'loses nothing when the connection is cut, and loads what is missing', async () => {
    const { page, complaints } = await open();
    server.run = { ...madeRun(), frames: madeRun().frames.slice(0, 8) };
    server.drop();
    await page.getByText('tick 8 of 8').waitFor();
    expect(server.listening).toBe(1);
    // A frame whose predecessors never came.
    server.run = madeRun();
    server.push({ kind: 'frame', frame: frame(12) });
    await page.getByText('tick 16 of 16').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'says which is the oldest tick that is kept', async () => {
    server.run = { ...madeRun(), frames: madeRun().frames.slice(5) };
    const { page, complaints } = await openTab(browser);
    await page.goto(url);
    await page.getByText('tick 16 of 16').waitFor();
    await page.keyboard.press('Home');
    await page.getByText('tick 6 of 16, the oldest kept').waitFor();
    await page.getByRole('button', { name: 'Next tick' }).click();
    await page.getByRole('heading', { name: 'Decision at 00:12:00 (schedule)' }).waitFor();
    // The slider, the list of deeds and a click into a chart mean the same ticks.
    await page.getByRole('slider', { name: 'Tick' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('tick 8 of 16').waitFor();
    await page.getByRole('list').getByRole('button', { name: '00:10:00' }).click();
    await page.getByText('tick 6 of 16').waitFor();
    const area = page.getByRole('img', { name: /^CPU over time/ }).locator('.u-over');
    const box = await area.boundingBox();
    if (box === null) throw new Error('the chart is not drawn');
    await area.click({ position: { x: box.width / 10, y: 20 } });
    await page.getByText('tick 7 of 16').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'asks for what its controls say', async () => {
    const { page, complaints } = await open();
    const controls = page.getByRole('region', { name: 'Controls' });
    const press = async (name: string) => {
      const before = server.controls.length;
      const answered = page.waitForResponse(`${url}control`);
      await controls.getByRole('button', { name, exact: true }).click();
      await answered;
      return server.controls.slice(before);
    };
    expect(await press('Tick now')).toEqual([{ kind: 'tick' }]);
    await controls.getByText('done: tick').waitFor();
    expect(await press('Pause')).toEqual([{ kind: 'pause' }]);
    server.push({ kind: 'state', state: { ...LOOP, paused: true } });
    expect(await press('Go on')).toEqual([{ kind: 'resume' }]);
    expect(await press('Twice as fast')).toEqual([{ kind: 'speed', speed: 120 }]);
    expect(await press('Half as fast')).toEqual([{ kind: 'speed', speed: 30 }]);
    await controls.getByRole('combobox', { name: 'On which workers' }).selectOption('oldest');
    await controls.getByRole('spinbutton', { name: 'CPU in percent' }).fill('80');
    await controls.getByRole('spinbutton', { name: 'Minutes' }).fill('5');
    expect(await press('Apply the load')).toEqual([{ kind: 'load', nodes: 'oldest', cpu: 0.8, minutes: 5 }]);
    for (const { name } of FAULTS) {
      await controls.getByRole('combobox', { name: 'Fault' }).selectOption(name);
      expect(await press('Inject the fault')).toEqual([{ kind: 'fault', name }]);
    }
    const scenarios = controls.getByRole('combobox', { name: 'Scenario' });
    expect(await scenarios.inputValue()).toBe('tour');
    await scenarios.selectOption('night');
    expect(await press('Start the scenario')).toEqual([{ kind: 'scenario', name: 'night' }]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  itOrSkip(missingChromium, 'sends no load that is none, and shows why a control was refused', async () => {
    const { page } = await open();
    const controls = page.getByRole('region', { name: 'Controls' });
    await controls.getByRole('spinbutton', { name: 'CPU in percent' }).fill('180');
    await controls.getByRole('button', { name: 'Apply the load' }).click();
    server.refusal = {
      what: 'It was not obeyed.',
      where: 'body.speed',
      value: 7680,
      rule: 'must be at most 3840',
      fix: 'give less',
    };
    await controls.getByRole('button', { name: 'Twice as fast' }).click();
    await controls.getByText('It was not obeyed. body.speed (7680) must be at most 3840: give less.').waitFor();
    expect(server.controls).toEqual([{ kind: 'speed', speed: 120 }]);
    await page.close();
  });

  itOrSkip(missingChromium, 'leaves keys alone where a person types', async () => {
    const { page } = await open();
    await page.getByRole('spinbutton', { name: 'Minutes' }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowUp');
    expect(await page.getByRole('spinbutton', { name: 'Minutes' }).inputValue()).toBe('11');
    await page.getByText('tick 3 of 3').waitFor();
    await page.close();
  });

  itOrSkip(missingChromium, 'fits 360 pixels with its controls', async () => {
    const { page } = await open({ viewport: { width: 360, height: 740 } });
    expect(await overflowOf(page)).toBe(0);
    await page.close();
  });
});
