import type { LaunchIntent, RemovalIntent } from '../plan';
import { spotCandidates } from '../planning/back-to-spot';
import { isOpen } from '../planning/fleet-view';
import { type Candidate, restsStill, type Scene } from '../planning/replacing';
import { rotationCandidates } from '../planning/rotation';
import type { Judged } from './judged';

const isReplacement = (reason: string): reason is Candidate['cause'] =>
  reason === 'rotation' || reason === 'back-to-spot';

/**
 * Why no worker may be launched to take the place of another one. Neither pods nor a signal ask for it, so that nothing
 * else bounds it: there must be one to be replaced, and it is done alone, and not often.
 */
export function replacementRefusal({ reason, count, pool }: LaunchIntent, judged: Judged): string | undefined {
  const { plan, own, snapshot } = judged;
  if (own.hold) return own.hold.text;
  if (count > 1 || plan.intents.length > 1) return 'a replacement is launched alone';
  if (snapshot.state.operations.some(isOpen)) return 'a replacement waits until nothing else is under way';
  if (restsStill(snapshot)) return 'a replacement waits for an hour without a change';
  const isThere = candidates(reason, judged).some((candidate) => candidate.pool.name === pool);
  return isThere ? undefined : `no worker of ${pool} is to be replaced for ${reason}`;
}

/** Why a worker is none that goes for that reason. */
export function leaveRefusal({ node, reason }: RemovalIntent, judged: Judged): string | undefined {
  if (!isReplacement(reason)) return undefined;
  const isDue = candidates(reason, judged).some((candidate) => candidate.node.name === node);
  return isDue ? undefined : `it is not to be replaced for ${reason}`;
}

function candidates(reason: string, { snapshot, sources, config, room }: Judged): Candidate[] {
  const { view, instances } = sources;
  if (!view || !instances) return [];
  const scene: Scene = { snapshot, view, instances, config, room };
  return reason === 'rotation' ? rotationCandidates(scene, view.nodes) : spotCandidates(scene, view.nodes);
}
