import { instanceIdOf } from '../names';
import type { RemovalIntent } from '../plan';
import { isAlive, isOpen, isRemoval } from '../planning/fleet-view';
import type { ReasonCode } from '../planning/reasons';
import { poolOf } from '../planning/removal-order';
import { backingOff, budgetSpent, fixed, lastHour, poolMinimum } from '../planning/scale-down';
import type { Instance } from '../snapshot';
import { intentsOf, type Judged } from './judged';
import { lossOf, pressure } from './needed-gate';
import { leaveRefusal } from './replacement-gate';

const REASONS: ReadonlySet<ReasonCode> = new Set(['cpu-low', 'rotation', 'back-to-spot']);

/** Why one of the removals may not begin. They count one after the other, as they are planned. */
export function removalRefusal(judged: Judged): string | undefined {
  const removals = intentsOf(judged.plan, 'remove');
  if (removals.length === 0) return undefined;
  const why = noneRefusal(judged);
  if (why) return `no node may go: ${why}`;
  const loss = lossOf(judged);
  for (const [index, intent] of removals.entries()) {
    const stays = oneRefusal(intent, removals.slice(0, index), judged, loss);
    if (stays) return `${intent.node.slice(0, 80)} may not go: ${stays}`;
  }
  return undefined;
}

function noneRefusal(judged: Judged): string | undefined {
  const { plan, own, snapshot, sources } = judged;
  const { doubts } = sources;
  const doubt = own.hold?.text ?? doubts.instances ?? doubts.kubernetes ?? doubts.metrics;
  if (doubt) return doubt;
  if (plan.hold) return 'the plan itself holds removals';
  if (plan.intents.some(({ kind }) => kind !== 'remove')) return 'none goes in the tick in which others come';
  // What the deployed version would buy now is wanted, and so is what is there.
  if (own.intents.some(({ kind }) => kind !== 'remove')) return 'the deployed version would add nodes now';
  if (snapshot.at < snapshot.state.cooldownUntil.down) return 'the cool-down runs';
  return pressure(judged);
}

function oneRefusal(
  intent: RemovalIntent,
  before: RemovalIntent[],
  judged: Judged,
  loss: ReturnType<typeof lossOf>,
): string | undefined {
  const { snapshot, sources, config, room } = judged;
  const node = sources.view?.nodes.find(({ name }) => name === intent.node);
  if (!node) return 'the snapshot has no such node';
  if (!REASONS.has(intent.reason)) return `${intent.reason} is no reason to remove`;
  const instances = new Map((sources.instances ?? []).map((each): [string, Instance] => [each.id, each]));
  const instance = instances.get(intent.instance);
  if (instanceIdOf(node.providerId) !== intent.instance || poolOf(node) !== intent.pool) {
    return 'it is not of that instance and pool';
  }
  if (before.some(({ node: name }) => name === intent.node)) return 'it is named twice';
  const kept = fixed(node, snapshot, instances) ?? backingOff(node, snapshot);
  if (kept) return kept.text;
  const unfounded = leaveRefusal(intent, judged);
  if (unfounded) return unfounded;
  // Once more by what EC2 says alone: labels are an agent's to write.
  if (instance?.role !== 'worker' || !isAlive(instance)) return 'its instance is no worker of ours';
  const open = snapshot.state.operations.filter(isRemoval).filter(isOpen);
  const leaving = [...open, ...before].filter(({ pool }) => pool === intent.pool).length;
  const begun = lastHour(snapshot.state.removalsBegun, snapshot.at).length + before.length;
  return (
    poolMinimum(intent.pool, room, config, leaving)?.text ??
    budgetSpent(open.length + before.length, begun, config)?.text ??
    loss(node, intent.reason)
  );
}
