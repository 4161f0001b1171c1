/**
 * Makes docs/images/web-view.png: the tour, played and written as a file, at the tick that launches six workers.
 *
 *   npx tsx scripts/screenshot.ts
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(__dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'screenshot-'));
const file = path.join(folder, 'tour.html');

async function shoot(): Promise<void> {
  const argv = ['scripts/launch.mjs', 'simulate', 'scenarios/tour.yaml', '--html', file];
  const { status } = spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`simulate ended with ${status}: see above.`);
  const executablePath = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    await page.goto(pathToFileURL(file).href);
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+ArrowRight');
    await page
      .getByRole('button', { name: /joining$/ })
      .first()
      .waitFor();
    // The first tick after the pods are placed: they are seen as they are packed.
    await page.keyboard.press('ArrowRight');
    await page
      .getByRole('button', { name: /^worker-.* ready$/ })
      .nth(1)
      .click();
    await page.locator('#why[data-open]').waitFor();
    await page.screenshot({ path: path.join(root, 'docs/images/web-view.png') });
  } finally {
    await browser.close();
  }
}

shoot().finally(() => rmSync(folder, { recursive: true }));
