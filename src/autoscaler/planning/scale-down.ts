import type { RuntimeConfig } from '../../config/runtime';
import { instanceIdOf } from '../names';
import type { RemovalIntent, Verdict } from '../plan';
import type { Instance, KubernetesView, MetricsView, Node, Snapshot } from '../snapshot';
import type { RemovalOperation } from '../state';
import { cpuWithout, wouldOverload } from './cpu';
import { isExpendable } from './demand';
import { forgottenCordon, isAlive, isLaunch, isManaged, isOpen, isRemoval, isServer } from './fleet-view';
import { awaited, DO_NOT_DISRUPT, evictable, obstacle } from './movable';
import { keptBy, type Reading } from './readings';
import type { ReasonCode } from './reasons';
import type { Rehousing } from './rehousing';
import { inOrder, oldestFirst, poolOf } from './removal-order';
import { requestsOf, share } from './resources';
import type { Room } from './room';
import { verdict } from './verdict';

export interface ScaleDown {
  removals: RemovalIntent[];
  nodes: Record<string, Verdict>;
  unneededSince: Record<string, number>;
}

/** What a removal needs besides the node's own fitness. `withheld`: why none may start at all. */
export interface RemovalGate {
  withheld?: Verdict;
  metrics?: MetricsView;
  readings?: Reading[];
}

/** A verdict for every node, the memory of how long each has been unneeded, and at most the removals that are allowed at once. */
export function scaleDown(
  snapshot: Snapshot,
  view: KubernetesView,
  instances: Instance[],
  config: RuntimeConfig,
  room: Room,
  gate: RemovalGate,
  rehousing: Rehousing,
): ScaleDown {
  const result: ScaleDown = { removals: [], nodes: {}, unneededSince: {} };
  const open = snapshot.state.operations.filter(isRemoval).filter(isOpen);
  const leaving = view.nodes.filter((node) => open.some((o) => o.node?.uid === node.uid));
  for (const node of leaving) rehousing.leave(node);

  /** Why it stays for now though nobody needs it, as things are after those chosen so far. */
  const reasonToStay = (node: Node): Verdict | undefined => {
    const pool = poolOf(node);
    const going = open.filter((o) => o.pool === pool).length + result.removals.filter((r) => r.pool === pool).length;
    return (
      poolMinimum(pool, room, config, going) ??
      gate.withheld ??
      overload([...leaving, node], view, snapshot.at, config, gate)
    );
  };
  const known = new Map(instances.map((instance) => [instance.id, instance]));
  const eligible = oldestFirst(view.nodes).filter((node) => {
    const keep = fixed(node, snapshot, known) ?? needed(node, view, snapshot.at, config, rehousing, gate);
    if (!keep) result.unneededSince[node.name] = snapshot.state.unneededSince[node.name] ?? snapshot.at;
    const since = result.unneededSince[node.name] ?? snapshot.at;
    const verdict = keep ?? waiting(since, snapshot.at, config) ?? backingOff(node, snapshot) ?? reasonToStay(node);
    if (verdict) result.nodes[node.name] = verdict;
    return !verdict;
  });
  const { order, next } = inOrder(view, config);
  for (let left = [...eligible]; left.length > 0; left = left.filter((node) => !result.nodes[node.name])) {
    const node = next(left, leaving);
    const full = seatsTaken(open.length + result.removals.length, snapshot, result, config);
    if (full) {
      for (const { name } of left) result.nodes[name] = full;
      break;
    }
    // Where its pods would go was asked before the first was chosen.
    const crowded = result.removals.length > 0 ? obstacle(view, node, rehousing, config.policy) : undefined;
    const stop = crowded ?? reasonToStay(node);
    if (stop) {
      result.nodes[node.name] = stop;
      continue;
    }
    choose(node, order, result);
    leaving.push(node);
    rehousing.leave(node);
  }
  return result;
}

/** What EC2 takes is nobody's choice, but no second node goes by ours meanwhile. */
function seatsTaken(
  going: number,
  { state, at }: Snapshot,
  { removals }: ScaleDown,
  config: RuntimeConfig,
): Verdict | undefined {
  return budgetSpent(going, lastHour(state.removalsBegun, at).length + removals.length, config);
}

/** Why no other removal of our choice may begin, where so many go on and have begun within the hour. */
export function budgetSpent(going: number, begun: number, { policy }: RuntimeConfig): Verdict | undefined {
  const { removalsAtOnce, removalsPerHour } = policy;
  if (going >= removalsAtOnce) return verdict('node-one-at-a-time', `Going on: ${going} of ${removalsAtOnce}.`);
  if (removalsPerHour === undefined || begun < removalsPerHour) return undefined;
  return verdict('node-hourly-budget', `Begun: ${begun} of ${removalsPerHour}.`);
}

export const lastHour = (times: readonly number[], at: number): number[] => times.filter((time) => at - time < HOUR_MS);

const HOUR_MS = 3_600_000;

function choose(node: Node, order: string, result: ScaleDown): void {
  const instance = instanceIdOf(node.providerId) as string;
  result.nodes[node.name] = verdict('node-chosen', order);
  result.removals.push({ kind: 'remove', node: node.name, instance, pool: poolOf(node), reason: 'cpu-low' });
}

/** Why a node leaves that is leaving. */
const codeOf = ({ cause }: RemovalOperation): ReasonCode =>
  cause === undefined ? 'node-removing' : cause === 'interruption' ? 'node-interrupted' : 'node-at-risk';

/** Cluster Autoscaler's and Karpenter's: people know them, and nodes may bear them already. */
export const KEPT_BY = ['cluster-autoscaler.kubernetes.io/scale-down-disabled', DO_NOT_DISRUPT];

/** By which a person says that the node is not to be removed. */
export const keepsAnnotation = ({ annotations }: Node): string | undefined =>
  KEPT_BY.find((key) => annotations[key] === 'true');

/** Why it stays, whatever else: what no amount of idleness changes. */
export function fixed(node: Node, snapshot: Snapshot, instances: ReadonlyMap<string, Instance>): Verdict | undefined {
  if (isServer(node)) return verdict('node-server');
  const instance = instances.get(instanceIdOf(node.providerId) ?? '');
  if (instance?.role === 'base') return verdict('node-base');
  if (!isManaged(node) || (instance && instance.role !== 'worker')) return verdict('node-foreign');
  const removal = snapshot.state.operations.filter(isRemoval).find((o) => isOpen(o) && o.node?.uid === node.uid);
  if (removal) return verdict(codeOf(removal), `Operation ${removal.id} is ${removal.phase}.`);
  if (!instance || !isAlive(instance)) return verdict('node-lost');
  if (forgottenCordon(node, snapshot)) return verdict('node-cordon-forgotten');
  if (node.unschedulable) return verdict('node-cordoned-by-person');
  const mark = keepsAnnotation(node);
  if (mark) return verdict('node-do-not-disrupt', `Annotation: ${mark}.`);
  const isJoining = snapshot.state.operations
    .filter(isLaunch)
    .some((o) => isOpen(o) && o.instances.includes(instance.id));
  if (!node.ready || instance.state !== 'running' || isJoining) return verdict('node-joining');
  return undefined;
}

function needed(
  node: Node,
  view: KubernetesView,
  at: number,
  config: RuntimeConfig,
  rehousing: Rehousing,
  { metrics }: RemovalGate,
): Verdict | undefined {
  const { unneededBelow, cpu } = config.policy;
  const isYoung = young(node, at, config);
  if (isYoung) return isYoung;
  const held = awaited(evictable(view, node.name), at).filter((pod) => !isExpendable(pod));
  const used = requestsOf(held);
  const requested = share(used, node.allocatable);
  if (requested >= unneededBelow) {
    return verdict('node-busy', `${requested.toFixed(0)} % of it is requested; the threshold is ${unneededBelow} %.`);
  }
  return obstacle(view, node, rehousing, config.policy) ?? working(node, metrics, cpu.down);
}

/** Why it stays though nobody needs it: what was just bought is not given back at once. */
export function young({ createdAt }: Node, at: number, { policy: { minAgeMs } }: RuntimeConfig): Verdict | undefined {
  const age = at - createdAt;
  if (age >= minAgeMs) return undefined;
  return verdict('node-young', `It is ${minutes(age)} old; the minimum is ${minutes(minAgeMs)}.`);
}

/** Pods that request nothing may work all the same, and the mean over all nodes does not show it. */
function working({ name }: Node, metrics: MetricsView | undefined, below: number): Verdict | undefined {
  const busy = 100 * (metrics?.cpu.down[name] ?? 0);
  if (busy < below) return undefined;
  return { code: 'node-busy', text: `The CPU of the node is ${busy.toFixed(0)} %, not below ${below} %.` };
}

function waiting(since: number, at: number, config: RuntimeConfig): Verdict | undefined {
  const idle = at - since;
  if (idle >= config.policy.unneededForMs) return undefined;
  return verdict('node-unneeded-wait', `It has been for ${minutes(idle)} of ${minutes(config.policy.unneededForMs)}.`);
}

/** Why it is left alone for now: what failed is not tried again at once. */
export function backingOff({ name }: Node, { at, state }: Snapshot): Verdict | undefined {
  const failed = state.removalFailures[name];
  if (!failed || failed.until <= at) return undefined;
  const left = `${failed.failures} in a row, ${minutes(failed.until - at)} are left`;
  return verdict('node-backs-off', `It was ${left}; the last one: ${failed.reason}.`);
}

/** Why the pool may lose none; `leaving` of its workers go already. */
export function poolMinimum(pool: string, room: Room, config: RuntimeConfig, leaving: number): Verdict | undefined {
  const min = config.pools.find((candidate) => candidate.name === pool)?.min ?? 0;
  return room.inPool(pool) - leaving <= min ? verdict('node-pool-minimum', `Minimum of ${pool}: ${min}.`) : undefined;
}

function overload(
  leaving: Node[],
  view: KubernetesView,
  at: number,
  config: RuntimeConfig,
  gate: RemovalGate,
): Verdict | undefined {
  // Closed by default: the gate carries both or it withholds.
  if (!gate.metrics || !gate.readings) return verdict('data-doubtful');
  return keptBy(gate.readings) ?? tooHotWithout(leaving, view, at, config, gate.metrics);
}

/** Why the others could not do the work of those that leave: next tick one would be launched again. */
export function tooHotWithout(
  leaving: Node[],
  view: KubernetesView,
  at: number,
  config: RuntimeConfig,
  metrics: MetricsView,
): Verdict | undefined {
  const unknown = leaving.find(({ name }) => metrics.cpu.down[name] === undefined);
  if (unknown) return verdict('data-doubtful', `Prometheus does not know ${unknown.name}.`);
  const predicted = cpuWithout(leaving, metrics, view, at);
  if (!wouldOverload(predicted, config)) return undefined;
  return verdict('node-would-overload', `It would be ${predicted.toFixed(0)} %.`);
}

const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} min`;
