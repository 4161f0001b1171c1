import type { WorldEvent } from '../../world/contract';
import type { Controller } from '../../world/kubernetes/objects';
import { podsMadePending as countMadePending } from '../../world/report/pods';
import type { Face } from '../face/face';
import { clockTime, type Violation, violation } from './violation';
import { warnedAt } from './warnings';

export const pdbViolations = (face: Face): Violation[] =>
  face.world.events.flatMap((event) =>
    event.kind === 'pdb-violated' && !(event.by.startsWith('evict pod ') && isTakenUnknown(face, event.at))
      ? [
          violation(
            'pdbViolations',
            `${event.pdb}: ${event.healthy} of ${event.desired} by ${event.by} at ${clockTime(event.at)}`,
          ),
        ]
      : [],
  );

/** EC2 has taken an instance lately and Kubernetes does not know yet: for its own budgets the pods there still run. */
const isTakenUnknown = ({ world: { events } }: Face, at: number): boolean =>
  events.some(
    (warning) =>
      warning.kind === 'spot-warning' &&
      events.some(
        (e) =>
          e.kind === 'instance-state' &&
          e.instance === warning.instance &&
          isEnded(e) &&
          e.at <= at &&
          at - e.at <= UNKNOWN_FOR_MS,
      ) &&
      !events.some((e) => e.kind === 'node-lost' && e.instance === warning.instance && e.at < at),
  );

/** From its end to the grace after which its node counts as lost. */
const UNKNOWN_FOR_MS = 90_000;

const isEnded = ({ state }: { state: string }): boolean => state === 'shutting-down' || state === 'terminated';

/** Those of a node that EC2 takes are made pending by EC2. */
export function podsMadePending(face: Face): Violation[] {
  const warned = warnedAt(face);
  const isOurs = (event: WorldEvent): boolean =>
    event.kind !== 'pod-evicted' || event.at < (warned.get(event.node) ?? Number.POSITIVE_INFINITY);
  const count = countMadePending(face.world.events.filter(isOurs));
  return count === 0 ? [] : [violation('podsMadePending', `${count} replacements of evicted pods had no place`)];
}

/** Pods of workloads that shall be there. */
export function wantedPods({ world: { kubernetes } }: Face): number {
  const sets = [...kubernetes.list('deployments').items, ...kubernetes.list('statefulsets').items] as Controller[];
  return sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
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
