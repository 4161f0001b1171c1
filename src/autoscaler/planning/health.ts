import type { RuntimeConfig } from '../../config/runtime';
import { instanceIdOf } from '../names';
import { oneLine } from '../one-line';
import type { Instance, KubernetesView, Observed, Snapshot, UnknownReason } from '../snapshot';
import type { Operation } from '../state';
import { isAlive, isLaunch, isOpen, isOurWorker, isRemoval, nodeOfInstance } from './fleet-view';

/** Why a source cannot be used; undefined where it can. Old data is no data. */
export function doubtOf(
  name: string,
  observed: Observed<unknown>,
  snapshot: Snapshot,
  config: RuntimeConfig,
): string | undefined {
  if (!observed.known) return `${name} is unknown (${observed.reason}: ${observed.detail})`;
  const age = snapshot.at - observed.at;
  if (age <= config.policy.dataMaxAgeMs) return undefined;
  return `${name}'s data is ${Math.round(age / 1000)} s old; the limit is ${config.policy.dataMaxAgeMs / 1000} s`;
}

/** What a tick looks at, as people call it. */
export const SOURCES = { metrics: 'Prometheus', kubernetes: 'Kubernetes API', instances: 'EC2' } as const;

/** A source that a tick could not use. */
export interface Doubt {
  source: keyof typeof SOURCES;
  reason: UnknownReason;
  text: string;
}

/** Somebody else's words are in it, and it is kept with each tick. */
const MOST_CHARACTERS = 200;

/** Of all sources; none: all could be used. */
export function doubtsOf(snapshot: Snapshot, config: RuntimeConfig): Doubt[] {
  return (Object.keys(SOURCES) as Doubt['source'][]).flatMap((source) => {
    const observed = snapshot[source];
    const doubt = doubtOf(SOURCES[source], observed, snapshot, config);
    const text = doubt ?? (source === 'instances' ? gapIn(snapshot) : undefined);
    if (text === undefined) return [];
    const reason = !observed.known ? observed.reason : doubt === undefined ? 'incomplete' : 'stale';
    return [{ source, reason, text: oneLine(text).slice(0, MOST_CHARACTERS) }];
  });
}

const gapIn = ({ instances, kubernetes }: Snapshot): string | undefined =>
  instances.known ? gapOf(instances.value, kubernetes.known ? kubernetes.value : undefined) : undefined;

/**
 * A sandbox that stood still while it looked has seen a world that is gone; so has one whose sources took too long.
 *
 * @param took milliseconds from the question to the last answer
 */
export function tooSlow(took: number, { policy }: RuntimeConfig): Unknown | undefined {
  if (took <= policy.dataMaxAgeMs) return undefined;
  return { known: false, reason: 'stale', detail: `the look took ${Math.round(took / 1000)} s` };
}

type Unknown = Extract<Observed<unknown>, { known: false }>;

/** Ids that EC2's list lacks, though a Node of ours or a removal names them: the list is late, or they are gone, or no longer ours. */
export function unlisted(listed: Instance[], view: KubernetesView, operations: Operation[]): string[] {
  const shown = new Set(listed.map(({ id }) => id));
  const named = [
    ...view.nodes.filter(isOurWorker).flatMap(({ providerId }) => instanceIdOf(providerId) ?? []),
    ...operations
      .filter(isRemoval)
      .filter(isOpen)
      .map(({ instance }) => instance),
  ];
  return [...new Set(named)].filter((id) => !shown.has(id));
}

/**
 * Why EC2's list cannot be whole, though it was answered: the cluster has a server at least, and a Ready Node of ours
 * has an instance. Absent is not zero: to believe such a list would be to launch the cluster a second time.
 */
export function gapOf(listed: Instance[], view: KubernetesView | undefined): string | undefined {
  if (listed.length === 0) return 'EC2 shows no instance of this cluster, not even its server';
  const shown = new Set(listed.map(({ id }) => id));
  const homeless = view?.nodes.find(
    (node) => node.ready && isOurWorker(node) && !shown.has(instanceIdOf(node.providerId) ?? ''),
  );
  return homeless && `EC2 does not show the instance of ${homeless.name}, which is Ready`;
}

/** So few at most are orphans of launches that nobody remembers. */
const FEW = 2;

/**
 * Why Kubernetes' list of Nodes cannot be whole, though it was answered: most of our workers have none that bears their
 * provider id, and no operation says why. Nodes were lost, or what tells them apart; the instances must not go after them.
 */
export function unregisteredOf(
  listed: Instance[],
  view: KubernetesView,
  operations: Operation[],
  at: number,
  config: RuntimeConfig,
): string | undefined {
  const open = operations.filter(isOpen);
  const spoken = new Set(open.flatMap((o) => (isLaunch(o) ? o.instances : [o.instance])));
  const due = listed
    .filter((instance) => instance.role === 'worker' && isAlive(instance) && !spoken.has(instance.id))
    .filter(({ launchedAt }) => at - launchedAt > config.policy.joinDeadlineMs);
  const missing = due.filter(({ id }) => !nodeOfInstance(view, id));
  if (missing.length <= FEW || missing.length <= due.length / 2) return undefined;
  return `${missing.length} of ${due.length} workers have no Node with their provider id, so that they look as if they had never joined`;
}

/** As Cluster Autoscaler has it: `--max-total-unready-percentage` 45 and `--ok-total-unready-count` 3. */
const MOST_UNREADY = { percent: 45, count: 3 };

/**
 * Why something larger is wrong than a node or two: a network that is cut, a control plane that hears nobody. Nodes on
 * their way, on their way out or without an instance are not counted.
 */
export function massUnready(view: KubernetesView, instances: Instance[], operations: Operation[]): string | undefined {
  const alive = new Set(instances.filter(isAlive).map(({ id }) => id));
  const open = new Set(operations.filter(isOpen).flatMap((o) => (isLaunch(o) ? o.instances : [o.instance])));
  const due = view.nodes.filter(({ providerId }) => {
    const id = instanceIdOf(providerId);
    return id === undefined || (alive.has(id) && !open.has(id));
  });
  const unready = due.filter(({ ready }) => !ready).length;
  if (unready <= MOST_UNREADY.count || 100 * unready <= MOST_UNREADY.percent * due.length) return undefined;
  return `${unready} of ${due.length} nodes are not Ready`;
}
