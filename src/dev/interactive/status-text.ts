import type { WorldCounts } from '../../world/contract';
import type { PlayedTick } from '../../world/play';
import { tickValueOf } from '../../world/report/tick-value';
import { nodesText } from '../terminal';
import { clockOf } from '../text';
import type { Pacer } from './pacer';
import type { Travel } from './travel';

export interface Shown {
  /** Absent until the world has started. */
  at: number | undefined;
  counts: WorldCounts | undefined;
  last: PlayedTick | undefined;
  pacer: Pick<Pacer, 'isPaused' | 'speed'>;
  travel: Pick<Travel, 'isBack' | 'position'>;
}

/**
 * What is true now, in the longest form that has room. The time, the tick that one went back to, and how to get help and
 * out again are in each of them.
 */
export function statusText({ at, counts, last, pacer, travel }: Shown, width: number): string {
  if (at === undefined || counts === undefined) return 'starting …';
  const time = `${clockOf(at)} ${pacer.isPaused ? 'paused' : `${pacer.speed}×`}`;
  const cpu = last && tickValueOf(last.result).plan?.facts.cpu;
  const load = `CPU ${typeof cpu === 'number' ? `${Math.round(cpu)} %` : '?'}`;
  const pending = `${counts.pods.unschedulable} pending`;
  const nodes = nodesText(counts.nodes);
  const fewNodes = `${counts.nodes.ready} ready`;
  // Whether it is the oldest that is kept was told with the tick itself.
  const [tick = ''] = travel.position.split(',');
  const place = (position: string) => (travel.isBack ? [`at tick ${position}`] : []);
  const forms = [
    [nodes, pending, load, ...place(travel.position)],
    [nodes, pending, ...place(tick)],
    [fewNodes, pending, ...place(tick)],
    place(tick),
  ].map((parts) => [time, ...parts, '? help', 'q quit'].join(' │ '));
  return forms.find((form) => form.length <= width) ?? forms.at(-1) ?? '';
}
