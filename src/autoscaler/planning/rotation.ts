import type { RuntimeConfig } from '../../config/runtime';
import type { Instance, Node, Snapshot } from '../snapshot';
import { instanceOfNode, isAlive } from './fleet-view';
import { poolOf } from './removal-order';
import { type Candidate, replacementsIn, type Scene } from './replacing';

/** Workers older than the oldest allowed, or made from a launch template that is no more the pool's. Their pods go to others. */
export function rotationCandidates(scene: Scene, workers: readonly Node[]): Candidate[] {
  const { instances, config } = scene;
  const due = new Map(workers.map((node) => [node.name, dueReason(node, scene)]));
  // Not onto another one that is to go.
  const takes = (other: Node) => !due.get(other.name);
  return workers.flatMap((node): Candidate[] => {
    const why = due.get(node.name);
    const instance = instanceOfNode(instances, node);
    const pool = config.pools.find(({ name }) => name === poolOf(node));
    if (!why || !instance || !pool) return [];
    return [
      { cause: 'rotation', node, instance, pool, takes, offerings: replacementsIn(pool, 'rotation', scene), why },
    ];
  });
}

function dueReason(node: Node, { snapshot, instances, config }: Scene): string | undefined {
  const instance = instanceOfNode(instances, node);
  if (instance?.role !== 'worker' || !isAlive(instance)) return undefined;
  return tooOld(instance, snapshot, config) ?? outdated(instance, snapshot);
}

function tooOld({ launchedAt }: Instance, { at }: Snapshot, { policy }: RuntimeConfig): string | undefined {
  const age = at - launchedAt;
  if (policy.maxAgeMs === undefined || age < policy.maxAgeMs) return undefined;
  return `It is ${hours(age)} old; the oldest allowed is ${hours(policy.maxAgeMs)}.`;
}

/** A version that EC2 does not tell is not known to be another one. */
function outdated({ pool, templateVersion }: Instance, { templates }: Snapshot): string | undefined {
  const current = templates?.[pool ?? ''];
  if (current === undefined || templateVersion === undefined || templateVersion === current) return undefined;
  return `Its launch template is of version ${templateVersion}; the current one is ${current}.`;
}

const hours = (ms: number): string => `${(ms / 3_600_000).toFixed(1)} h`;
