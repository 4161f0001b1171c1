import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { pageOf } from '../../src/backtest/plot';
import { backtestDocumentOf } from '../../src/dev/web/page/backtest-document';
import { launchChromium, missingChromium } from '../dev/web/chromium';
import { openTab } from '../dev/web/page-tab';
import { itOrSkip } from '../support/skips';
import { played, steps } from './made';

const few = { pods: { '250/128': 4 } };
const run = () =>
  played([...steps(60, few), ...steps(60, { pods: { '250/128': 54 } }), ...steps(10, undefined), ...steps(120, few)]);

describe('the plot of a backtest', () => {
  it('has a line for each policy, with the highest of what falls into one point', () => {
    const done = run();
    const { times, charts, rows, findings } = pageOf(done);
    expect(times).toHaveLength(250);
    expect(rows.map(([policy]) => policy)).toEqual(['ours', 'matrix', 'peak']);
    expect(charts.map(({ title, lines }) => [title, lines.length])).toEqual([
      ['Workers', 3],
      ['Pods that wait', 3],
    ]);
    expect(Math.max(...(charts[0]?.lines[0] ?? []).map((value) => value ?? 0))).toBe(7);
    // Where nothing is known there is no line.
    expect(charts[0]?.lines[0]?.slice(120, 130)).toEqual(Array(10).fill(null));
    expect(findings[0]?.slice(0, 2)).toEqual(['no-data', '10']);
  });

  it('of a week has two thousand points at most', () => {
    const done = run();
    const all = new Float64Array(40_320).fill(1);
    all[40_000] = 9;
    const courses = done.courses.map((course) => ({ ...course, nodes: all, pending: all }));
    const { times, charts } = pageOf({ ...done, courses, document: { ...done.document, steps: all.length } });
    expect(times.length).toBeLessThanOrEqual(2000);
    expect(Math.max(...(charts[0]?.lines[0] ?? []).map((value) => value ?? 0))).toBe(9);
  });

  it('is one file that loads nothing', async () => {
    const html = await backtestDocumentOf(pageOf(run()));
    expect(html).toMatch(/http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-/);
    expect(html).not.toMatch(/\s(src|href)="(?!data:,")/);
    expect(html.match(/<\/script/gi)).toHaveLength(2);
  });

  itOrSkip(missingChromium, 'is drawn in Chromium, with its table and what is wrong with the data', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'plot-'));
    const browser = await launchChromium();
    try {
      const file = path.join(folder, 'plot.html');
      await writeFile(file, await backtestDocumentOf(pageOf(run())));
      const { page, complaints } = await openTab(browser);
      await page.goto(pathToFileURL(file).href);
      await page.getByRole('cell', { name: 'matrix' }).waitFor();
      expect(await page.getByRole('row').count()).toBeGreaterThanOrEqual(5);
      expect(await page.locator('canvas').count()).toBe(2);
      await page.getByRole('cell', { name: 'no-data' }).waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await rm(folder, { recursive: true });
    }
  });
});
