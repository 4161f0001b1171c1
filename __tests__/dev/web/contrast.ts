import type { Page } from 'playwright-core';

/** WCAG 2.2, 1.4.11: of graphics that say something, and of the edges of what can be used. axe does not look at them. */
export const LEAST = 3;

export interface Drawn {
  what: string;
  /** `rgb(r, g, b)`, both. */
  color: string;
  behind: string;
}

export const drawnOn = (page: Page): Promise<Drawn[]> => page.evaluate<Drawn[]>(DRAWN);

/** Run in the page: what is drawn besides text, the edges of pods in every hue that a workload may get. */
const DRAWN = `(() => {
  const behind = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return backgroundColor === 'rgba(0, 0, 0, 0)' ? behind(element.parentElement) : backgroundColor;
  };
  const drawn = (what, element, side) =>
    ({ what, color: getComputedStyle(element)[side], behind: behind(element.parentElement) });
  const pod = document.querySelector('.chips .pod');
  const hues = Array.from({ length: 36 }, (_, i) => i * 10).map((hue) => {
    pod.style.setProperty('--hue', String(hue));
    return drawn('pod of hue ' + hue, pod, 'borderTopColor');
  });
  const probe = document.createElement('i');
  document.querySelector('#timeline').append(probe);
  const lines = ['pending', 'cpu', 'cost', 'ready', 'cordoned', 'ending', 'not-ready', 'joining'].map((name) => {
    probe.style.color = 'var(--' + name + ')';
    return drawn('line of ' + name, probe, 'color');
  });
  return [
    ...hues,
    ...lines,
    ...[...document.querySelectorAll('.node')].map((node) => drawn(node.dataset.state, node, 'borderLeftColor')),
    ...[...document.querySelectorAll('select, input[type=number], #controls button')].map((one) =>
      drawn(one.ariaLabel ?? one.textContent, one, 'borderTopColor')),
  ];
})()`;

export function contrastOf({ color, behind }: Drawn): number {
  const [darker = 0, lighter = 0] = [color, behind].map(luminanceOf).sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** As WCAG defines it, 0 to 1. */
function luminanceOf(color: string): number {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color)?.slice(1);
  if (parts === undefined) throw new Error(`${color} is no opaque colour`);
  const [red = 0, green = 0, blue = 0] = parts
    .map((part) => Number(part) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
