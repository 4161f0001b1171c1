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

/** @param wanted pods of workloads that shall run by now */
export function podsNotRunning(face: Face, wanted: number): Violation[] {
  const { running, pending } = face.world.counts().pods;
  return running === wanted && pending === 0
    ? []
    : [violation('podsNotRunning', `${running} of ${wanted} run, ${pending} are pending`)];
}
