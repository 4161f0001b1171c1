import type { Frame, PicturePod } from '../../frame';
import { byId, el, keyed, say } from './dom';
import { podButtons, sizeOf } from './pod-buttons';
import type { State } from './state';
import { saidOf } from './story';
import { countOf } from './words';
import type { Workloads } from './workloads';

interface Group {
  title: string;
  pods: PicturePod[];
}

/** Pods that no node has taken, together where the same is said of them. */
export class Pending {
  constructor(
    private readonly state: State,
    private readonly workloads: Workloads,
  ) {}

  render(): void {
    const { frame } = this.state;
    const groups = frame ? groupsOf(frame) : [];
    say(byId('pending-title'), `Pending pods: ${frame?.picture.pending.length ?? 0}`);
    keyed(
      byId('pending'),
      groups,
      ({ title }) => title,
      ({ title }) =>
        el('div', {}, el('p', { class: 'about' }), el('div', { class: 'chips', role: 'group', 'aria-label': title })),
      (element, { title, pods }) => {
        const [about, chips] = [...element.children] as [HTMLElement, HTMLElement];
        say(about, `${title}: ${countOf(pods.length, 'pod')}${pods[0] ? ` of ${sizeOf(pods[0])}` : ''}`);
        podButtons(chips, pods, { state: this.state, workloads: this.workloads }, String);
      },
    );
  }
}

function groupsOf(frame: Frame): Group[] {
  const groups = new Map<string, PicturePod[]>();
  for (const pod of frame.picture.pending) {
    const code = saidOf(frame, { kind: 'pod', name: pod.name })?.code ?? 'not judged';
    const title = `${pod.workload}, ${code}`;
    groups.set(title, [...(groups.get(title) ?? []), pod]);
  }
  return [...groups].map(([title, pods]) => ({ title, pods }));
}
