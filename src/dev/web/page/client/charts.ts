import uPlot from 'uplot';
import type { Frame } from '../../frame';
import { type Column, deedOf, stackedWorkers, timesOf, workersOf } from './chart-data';
import { byId, el, mark, say } from './dom';
import type { State } from './state';
import { clockOf, countOf, percentOf, STATE_WORDS, STATES, usdOf } from './words';

interface Spec {
  title: string;
  columns(frames: readonly Frame[]): Column[];
  /** Names of CSS variables, one for each column. */
  colors: string[];
  /** Painted in full under the line, so that what is stacked hides what is under it. */
  isStacked?: boolean;
  /** In words, at a tick. */
  now(frame: Frame): string;
  top(highest: number): number;
  tell?(value: number): string;
  /** Dashed lines, in the chart's unit. */
  limits?(): number[];
}

const HEIGHT = 60;
const AXIS_HEIGHT = 16;
const AXIS_WIDTH = 46;

/** Nodes, pending pods, CPU and cost over time, under one cursor. A click goes to the tick. */
export class Charts {
  readonly #charts: { spec: Spec; plot: uPlot; now: HTMLElement; figure: HTMLElement; line: HTMLElement }[] = [];
  #drawn: { frames: readonly Frame[]; count: number } | undefined;

  constructor(private readonly state: State) {
    const specs = specsOf(state);
    specs.forEach((spec, index) => {
      this.#add(spec, index === specs.length - 1);
    });
    new ResizeObserver(() => this.#fit()).observe(byId('timeline'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const { plot } of this.#charts) plot.redraw(false, true);
    });
  }

  render(): void {
    const { frames, frame } = this.state;
    if (this.#drawn?.frames !== frames || this.#drawn.count !== frames.length) {
      this.#drawn = { frames, count: frames.length };
      const times = timesOf(frames);
      for (const { spec, plot } of this.#charts) plot.setData([times, ...spec.columns(frames)]);
    }
    for (const { spec, now, figure, line, plot } of this.#charts) {
      const words = frame ? spec.now(frame) : '';
      say(now, words);
      mark(figure, 'aria-label', frame ? `${spec.title} over time; at ${clockOf(frame.at)}: ${words}` : spec.title);
      line.hidden = frame === undefined;
      if (frame) line.style.left = `${plot.valToPos(frame.at / 1000, 'x')}px`;
    }
  }

  #add(spec: Spec, isLast: boolean): void {
    const now = el('span', { class: 'now' });
    const plotArea = el('div', { class: 'plot' });
    const figure = el('div', { class: 'chart', role: 'img' }, el('p', {}, el('b', {}, spec.title), ' ', now), plotArea);
    byId('timeline').append(figure);
    const plot = new uPlot(this.#options(spec, isLast), [[], ...spec.colors.map(() => [])], plotArea);
    const line = el('div', { class: 'at' });
    plot.over.append(line);
    plot.over.addEventListener('click', () => {
      const { idx } = plot.cursor;
      if (idx !== null && idx !== undefined) this.state.go(this.state.first + idx);
    });
    this.#charts.push({ spec, plot, now, figure, line });
  }

  #options(spec: Spec, isLast: boolean): uPlot.Options {
    const tell = spec.tell ?? String;
    const axis = {
      stroke: () => color('--muted'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: () => color('--line'), width: 1 },
      ticks: { show: false },
    };
    return {
      width: 600,
      height: HEIGHT + (isLast ? AXIS_HEIGHT : 0),
      padding: [6, 18, isLast ? 0 : 6, 0],
      legend: { show: false },
      cursor: { sync: { key: 'ticks' }, drag: { x: false, y: false }, y: false, points: { show: false } },
      scales: {
        x: { time: false },
        y: { range: (_, __, highest) => [0, spec.top(highest ?? 0)] },
      },
      axes: [
        {
          ...axis,
          show: isLast,
          size: AXIS_HEIGHT,
          gap: 2,
          space: 64,
          incrs: [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400],
          values: (_, times) => times.map((time) => clockOf(time * 1000).slice(0, 5)),
        },
        {
          ...axis,
          size: AXIS_WIDTH,
          gap: 4,
          splits: (_, __, ___, top) => [0, top / 2, top],
          values: (_, values) => values.map(tell),
        },
      ],
      series: [
        {},
        ...spec.colors.map((name) => ({
          stroke: () => color(name),
          fill: () => color(spec.isStacked ? name : `${name}-soft`),
          width: spec.isStacked ? 0 : 1.5,
          points: { show: false },
          paths: uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder,
        })),
      ],
      hooks: { drawAxes: [(plot) => this.#markDeeds(plot)], draw: [(plot) => drawLimits(plot, spec.limits?.() ?? [])] },
    };
  }

  /** A thin line at each tick in which something was done. */
  #markDeeds(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const frame of this.state.frames) {
      const deed = deedOf(frame);
      if (deed === undefined) continue;
      const x = Math.round(plot.valToPos(frame.at / 1000, 'x', true));
      ctx.fillStyle = color(`--${deed}`);
      ctx.fillRect(
        x,
        bbox.top - 4 * devicePixelRatio,
        Math.max(1, 1.5 * devicePixelRatio),
        bbox.height + 4 * devicePixelRatio,
      );
    }
    ctx.restore();
  }

  #fit(): void {
    const width = byId('timeline').querySelector('.plot')?.clientWidth;
    if (!width) return;
    for (const { plot } of this.#charts) plot.setSize({ width, height: plot.height });
    this.render();
  }
}

function drawLimits(plot: uPlot, limits: number[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color('--muted');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const limit of limits) {
    const y = Math.round(plot.valToPos(limit, 'y', true));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The next even number, so that the half of it is whole. */
const evenAbove = (highest: number): number => Math.max(2, 2 * Math.ceil(highest / 2));

function specsOf(state: State): Spec[] {
  return [
    {
      title: 'Workers',
      columns: stackedWorkers,
      colors: STATES.map((name) => `--${name}`).reverse(),
      isStacked: true,
      now: (frame) => {
        const counts = workersOf(frame);
        const some = STATES.filter((name) => counts[name] > 0);
        return some.map((name) => `${counts[name]} ${STATE_WORDS[name]}`).join(', ') || 'none';
      },
      top: evenAbove,
    },
    {
      title: 'Pending pods',
      columns: (frames) => [frames.map(({ counts }) => counts.pending)],
      colors: ['--pending'],
      now: ({ counts }) => `${counts.pending}, and ${counts.running} running`,
      top: evenAbove,
    },
    {
      title: 'CPU',
      columns: (frames) => [frames.map(({ cpu }) => cpu)],
      colors: ['--cpu'],
      now: ({ cpu }) => `${percentOf(cpu)}, thresholds ${state.head.cpu.down} % and ${state.head.cpu.up} %`,
      top: () => 100,
      tell: (value) => `${value} %`,
      limits: () => [state.head.cpu.down, state.head.cpu.up],
    },
    {
      title: 'Cost',
      columns: (frames) => [frames.map(({ usdPerHour }) => usdPerHour)],
      colors: ['--cost'],
      now: ({ usdPerHour, picture }) =>
        `${usdOf(usdPerHour)} for ${countOf(picture.nodes.filter(({ role }) => role === 'base' || role === 'worker').length, 'worker')}`,
      top: (highest) => Math.max(0.1, Math.ceil(highest * 10) / 10),
      tell: (value) => `$${value.toFixed(2)}`,
    },
  ];
}
