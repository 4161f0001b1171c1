import { podsMadePending as countMadePending } from '../../world/report/pods';
import type { Face } from '../face/face';
import { clockTime, type Violation, violation } from './violation';

export const pdbViolations = (face: Face): Violation[] =>
  face.world.events.flatMap((event) =>
    event.kind === 'pdb-violated'
      ? [
          violation(
            'pdbViolations',
            `${event.pdb}: ${event.healthy} of ${event.desired} by ${event.by} at ${clockTime(event.at)}`,
          ),
        ]
      : [],
  );

export function podsMadePending(face: Face): Violation[] {
  const count = countMadePending(face.world.events);
  return count === 0 ? [] : [violation('podsMadePending', `${count} replacements of evicted pods had no place`)];
}

/**
 * @param wanted pods of workloads that shall be there
 * @param isEnd false: it is enough that each has a node to start on
 */
export function podsNotRunning(face: Face, wanted: number, isEnd: boolean): Violation[] {
  const { running, pending, unschedulable } = face.world.counts().pods;
  const placed = running + pending - unschedulable;
  if (unschedulable === 0 && (isEnd ? running : placed) === wanted) return [];
  return [
    violation('podsNotRunning', `${running} of ${wanted} run, ${pending} are pending, ${unschedulable} unschedulable`),
  ];
}
