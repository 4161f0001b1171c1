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

/** What is true now, the most important first: a narrow terminal cuts the end off. */
export function statusText({ at, counts, last, pacer, travel }: Shown): string {
  if (at === undefined || counts === undefined) return 'starting …';
  const pace = pacer.isPaused ? 'paused' : `${pacer.speed}×`;
  const cpu = last && tickValueOf(last.result).plan?.facts.cpu;
  return [
    `${clockOf(at)} ${pace}`,
    nodesText(counts.nodes),
    `${counts.pods.unschedulable} pending`,
    `CPU ${typeof cpu === 'number' ? `${Math.round(cpu)} %` : '?'}`,
    ...(travel.isBack ? [`at tick ${travel.position}`] : []),
    '? help',
    'q quit',
  ].join(' │ ');
}
