import uPlot from 'uplot';
import type { BacktestChart, BacktestPage } from '../../backtest-page';
import { byId, el } from './dom';

/** One for each policy. */
const COLORS = ['--accent', '--warn', '--ready'];
const HEIGHT = 180;

const page: BacktestPage = JSON.parse(byId('run').textContent ?? '');
const color = (name = ''): string => getComputedStyle(document.documentElement).getPropertyValue(name);

function table(
  heads: readonly string[],
  rows: readonly (Node | string)[][],
  isNumber: (column: number) => boolean,
): HTMLElement {
  const cells = (tag: 'th' | 'td', row: readonly (Node | string)[]) =>
    row.map((cell, column) => el(tag, isNumber(column) ? { class: 'number' } : {}, cell));
  return el(
    'table',
    {},
    el('thead', {}, el('tr', {}, ...cells('th', heads))),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, ...cells('td', row)))),
  );
}

/** The name of a policy beside its color: the table is the legend of the charts. */
function named(name: string, index: number): HTMLElement {
  const swatch = el('span', { class: 'swatch', 'aria-hidden': 'true' });
  swatch.style.background = `var(${COLORS[index]})`;
  return el('span', { title: page.policies[index]?.what ?? '' }, swatch, name);
}

function draw({ title, lines }: BacktestChart): uPlot {
  const area = el('div', { class: 'plot' });
  byId('courses').append(
    el(
      'div',
      { class: 'chart', role: 'img', 'aria-label': `${title} over time` },
      el('p', {}, el('b', {}, title)),
      area,
    ),
  );
  const axis = {
    stroke: () => color('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: () => color('--line'), width: 1 },
    ticks: { show: false },
  };
  const options: uPlot.Options = {
    width: 600,
    height: HEIGHT,
    // Drawn in the order of the table; the pointer tells the values.
    legend: { show: true, live: true },
    cursor: { sync: { key: 'steps' }, y: false, points: { show: false } },
    // Its own days, wherever the reader is: the table says UTC too.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most ?? 1)] } },
    axes: [axis, { ...axis, size: 46 }],
    series: [
      { label: 'UTC' },
      ...page.policies.map(({ name }, index) => ({
        label: name,
        stroke: () => color(COLORS[index]),
        width: 1.5,
        points: { show: false },
        paths: uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder,
      })),
    ],
  };
  return new uPlot(options, [page.times, ...lines], area);
}

byId('range').textContent = `${page.from} to ${page.to}`;
byId('outcomes').append(
  table(
    page.heads,
    page.rows.map(([name = '', ...rest], index) => [named(name, index), ...rest]),
    (column) => column > 0,
  ),
  el('ul', {}, ...page.policies.map(({ name, what }) => el('li', {}, el('b', {}, name), `: ${what}`))),
);
byId('findings').append(
  page.findings.length === 0
    ? el('p', {}, 'Nothing was found.')
    : table(['what', 'count', 'when', 'meaning'], page.findings, (column) => column === 1),
);
const plots = page.charts.map(draw);
const fit = (): void => {
  const width = byId('courses').querySelector('.plot')?.clientWidth;
  if (width) for (const plot of plots) plot.setSize({ width, height: plot.height });
};
new ResizeObserver(fit).observe(byId('courses'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const plot of plots) plot.redraw(false, true);
});
