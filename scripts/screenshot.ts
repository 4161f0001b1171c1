/**
 * Makes docs/images/web-view.png: the tour, played and written as a file, when the six workers that it launches are full.
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
    // Twelve minutes later: pods are seen as they are packed, and of a node something else was said before.
    for (let step = 0; step < 6; step += 1) await page.keyboard.press('ArrowRight');
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
