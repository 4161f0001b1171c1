import type { PicturePod } from '../../frame';
import { button, el, keyed, mark } from './dom';
import { isSame, type State } from './state';
import { cpuOf, memoryOf, shortName } from './words';
import type { Workloads } from './workloads';

/**
 * A group of pods to ask about. The group is one stop of the Tab key; up and down go through it, since left and right
 * go through the ticks.
 *
 * @param labelOf what is written on a pod, from its name without the namespace
 * @param place puts a pod where it belongs
 */
export function podButtons(
  group: HTMLElement,
  pods: readonly PicturePod[],
  { state, workloads }: { state: State; workloads: Workloads },
  labelOf: (name: string) => string,
  place: (element: HTMLElement, index: number) => void = () => undefined,
): void {
  if (!group.dataset.listens) {
    group.dataset.listens = 'yes';
    group.addEventListener('keydown', moveFocus);
  }
  const places = new Map(pods.map((pod, index) => [pod, index]));
  keyed(
    group,
    pods,
    ({ name }) => name,
    ({ name }) => {
      const element = button('', () => state.select({ kind: 'pod', name }), { class: 'pod', tabindex: '-1' });
      element.append(el('span', {}, labelOf(shortName(name))));
      return element;
    },
    (element, pod) => {
      mark(element, 'aria-label', `${pod.name}, ${pod.workload}, ${sizeOf(pod)}, ${pod.phase}`);
      mark(element, 'title', `${pod.name}\n${pod.workload}\n${sizeOf(pod)}\n${pod.phase}`);
      mark(element, 'aria-pressed', String(isSame(state.selected, { kind: 'pod', name: pod.name })));
      workloads.paint(element, pod.workload);
      place(element, places.get(pod) ?? 0);
    },
  );
  const stops = [...group.children].filter((child) => child instanceof HTMLElement);
  if (!stops.some(({ tabIndex }) => tabIndex === 0)) mark(group.firstElementChild ?? group, 'tabindex', '0');
}

export const sizeOf = ({ cpuMilli, memoryBytes }: PicturePod): string => `${cpuOf(cpuMilli)}, ${memoryOf(memoryBytes)}`;

function moveFocus(event: KeyboardEvent): void {
  const from = event.target;
  if (!(from instanceof HTMLElement) || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
  const to = event.key === 'ArrowUp' ? from.previousElementSibling : from.nextElementSibling;
  event.preventDefault();
  if (!(to instanceof HTMLElement)) return;
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}
