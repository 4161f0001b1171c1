import { LABEL } from '../../autoscaler/names';
import type { Intent, LaunchIntent, Plan, RemovalIntent } from '../../autoscaler/plan';
import type { Instance, Snapshot } from '../../autoscaler/snapshot';
import type { LaunchOperation, RemovalOperation } from '../../autoscaler/state';
import type { RuntimeConfig } from '../../config/runtime';

/**
 * What holds of whatever is executed, by whomever it was planned: doubts, limits, minima, cool-downs and people's words.
 * Said anew, and without the gates that it is to judge.
 *
 * @param own what this version would plan
 * @returns what does not hold, in words
 */
export function unlawful(plan: Plan, own: Plan, snapshot: Snapshot, config: RuntimeConfig): string[] {
  const launches = plan.intents.flatMap((intent) => (intent.kind === 'launch' ? [intent] : []));
  const removals = plan.intents.flatMap((intent) => (intent.kind === 'remove' ? [intent] : []));
  const { instances, kubernetes, metrics, state } = snapshot;
  const found: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) found.push(what);
  };
  const acts = plan.intents.length + plan.resume.length + plan.cancel.length > 0;
  must(!acts || (instances.known && !state.paused), 'something is done though it is paused, or nobody knows EC2');
  must(removals.length === 0 || (kubernetes.known && metrics.known), 'a removal in doubt');
  must(removals.length === 0 || snapshot.at >= state.cooldownUntil.down, 'a removal in the cool-down');
  must(removals.length === 0 || plan.intents.length === removals.length, 'a removal beside a launch');
  must(removals.length === 0 || !PRESSING.has(own.decision.code), `a removal though ${own.decision.text}`);
  must(removals.length === 0 || !isWaitedFor(own, snapshot, config), 'a removal while pods wait');
  must(own.hold === null || plan.hold !== null, 'removals go on in doubt');
  const isReplacement = ({ reason }: LaunchIntent) => reason === 'rotation' || reason === 'back-to-spot';
  must(!launches.some(isReplacement) || snapshot.at - state.lastScaleTime >= HOUR_MS, 'a replacement after a change');
  must(kubernetes.known || launches.every(({ reason }) => reason === 'below-minimum'), 'a launch without Kubernetes');
  const isForSignal = launches.some(({ reason }) => reason === 'cpu-high' || reason === 'signal-high');
  must(!isForSignal || snapshot.at >= state.cooldownUntil.up, 'a launch for a signal in the cool-down');
  for (const [name, since] of Object.entries(plan.memory.unneededSince)) {
    must(since >= (state.unneededSince[name] ?? snapshot.at), `${name} was unneeded for a shorter time`);
  }
  const open = openOf(snapshot);
  for (const id of [...plan.resume, ...plan.cancel]) {
    const stored = open.launches.find((launch) => launch.id === id);
    must(stored?.phase === 'requested', `${id} is no stored launch`);
  }
  for (const intent of plan.intents) {
    if (intent.kind !== 'uncordon') continue;
    const going = open.removals.find(({ id, node }) => id === intent.operation && node?.name === intent.node);
    must(going?.cause === undefined && going?.phase !== 'terminating', `${intent.node} is taken back`);
  }
  if (!instances.known) return found;
  for (const what of crowds(launches, snapshot, config, nodesForPods(own))) must(false, what);
  for (const what of losses(removals, snapshot, config)) must(false, what);
  return found;
}

/** Something is wanted that is there, comes, or may not come. */
const PRESSING = new Set([
  'below-minimum',
  'pending-pods',
  'at-maximum',
  'launch-held',
  'capacity-in-flight',
  'cpu-high',
  'signal-high',
]);

const WAITS = new Set(['pod-over-limit', 'pod-waits-for-offering', 'pod-waits-for-probe', 'pod-fits-joining']);
const FINDS = new Set(['pod-settling', 'pod-nominated', 'pod-fits-existing', 'pod-may-wait']);

/** A pod that finds its place by itself does so within the time for which a node must be unneeded. */
function isWaitedFor({ pods: verdicts }: Plan, { at, kubernetes }: Snapshot, { policy }: RuntimeConfig): boolean {
  const pods = kubernetes.known ? kubernetes.value.pods : [];
  return pods.some(({ namespace, name, unschedulableSince = at }) => {
    const code = verdicts[`${namespace}/${name}`]?.code ?? '';
    return WAITS.has(code) || (FINDS.has(code) && at - unschedulableSince < policy.unneededForMs);
  });
}

const HOUR_MS = 3_600_000;
const ENDED = new Set(['ready', 'failed', 'gone', 'rolled-back']);

function openOf({ state }: Snapshot) {
  const open = state.operations.filter(({ phase }) => !ENDED.has(phase));
  return {
    launches: open.filter((o): o is LaunchOperation => o.kind === 'launch'),
    removals: open.filter((o): o is RemovalOperation => o.kind === 'removal'),
  };
}

/** Workers that are there or asked for, in a pool or in all. */
function counted(snapshot: Snapshot, pool?: string): number {
  const all: Instance[] = snapshot.instances.known ? snapshot.instances.value : [];
  const isCounted = ({ state, role }: Instance) =>
    /pending|running|stop/.test(state) && (role === 'worker' || role === 'base');
  const shown = all.filter(isCounted);
  const coming = openOf(snapshot)
    .launches.filter((o) => pool === undefined || o.pool === pool)
    .map((o) => o.count - shown.filter((each) => each.operation === o.id || o.instances.includes(each.id)).length);
  const there = shown.filter((each) => pool === undefined || each.pool === pool).length;
  return there + coming.reduce((sum, count) => sum + Math.max(0, count), 0);
}

function crowds(launches: readonly LaunchIntent[], snapshot: Snapshot, config: RuntimeConfig, own: number): string[] {
  const found: string[] = [];
  const more = (pool?: string) =>
    launches.reduce((sum, launch) => sum + (pool === undefined || launch.pool === pool ? launch.count : 0), 0);
  if (more() > 0 && counted(snapshot) + more() > config.limits.maxNodes) found.push('more workers than the limit');
  for (const { name, min, max, instanceTypes } of config.pools) {
    if (more(name) > 0 && counted(snapshot, name) + more(name) > max) found.push(`more than the maximum of ${name}`);
    const repairs = launches.filter((launch) => launch.pool === name && launch.reason === 'below-minimum');
    const missing =
      min - counted(snapshot, name) + openOf(snapshot).removals.filter(({ pool }) => pool === name).length;
    if (repairs.reduce((sum, { count }) => sum + count, 0) > Math.max(0, missing))
      found.push(`more than ${name} lacks`);
    const types = launches.flatMap((launch) => (launch.pool === name ? (launch.types ?? []) : []));
    if (types.some((type) => !instanceTypes.includes(type))) found.push(`a type that is not of ${name}`);
  }
  const pods = snapshot.kubernetes.known ? snapshot.kubernetes.value.pods : [];
  const waiting = pods.filter(({ nodeName, deletionAt }) => !nodeName && deletionAt === undefined).length;
  const forPods = nodesForPods({ intents: launches });
  // What runs on a node that EC2 takes waits too.
  const moving = openOf(snapshot)
    .removals.filter(({ cause }) => cause !== undefined)
    .flatMap(({ node }) => pods.filter(({ nodeName }) => nodeName === node?.name));
  const coming = openOf(snapshot).launches.filter(({ reason }) => reason === 'pending-pods');
  const left = waiting + moving.length - coming.reduce((sum, { count }) => sum + count, 0);
  // A pod that is new may fit nothing of what is on its way for others.
  if (forPods > Math.max(left, own)) found.push(`${forPods} nodes for ${left} pods that none is on its way for`);
  return found;
}

const nodesForPods = ({ intents }: { intents: readonly Intent[] }): number =>
  intents.reduce((sum, i) => sum + (i.kind === 'launch' && i.reason === 'pending-pods' ? i.count : 0), 0);

const KEPT = ['cluster-autoscaler.kubernetes.io/scale-down-disabled', 'karpenter.sh/do-not-disrupt'];

function losses(removals: readonly RemovalIntent[], snapshot: Snapshot, config: RuntimeConfig): string[] {
  if (removals.length === 0) return [];
  const found: string[] = [];
  const going = openOf(snapshot).removals;
  const { removalsAtOnce, removalsPerHour = Number.POSITIVE_INFINITY } = config.policy;
  if (going.length + removals.length > removalsAtOnce) found.push('more removals than go at once');
  const begun = snapshot.state.removalsBegun.filter((at) => snapshot.at - at < HOUR_MS).length;
  if (begun + removals.length > removalsPerHour) found.push('more removals than an hour allows');
  for (const { name, min } of config.pools) {
    const leaving = [...going, ...removals].filter(({ pool }) => pool === name).length;
    if (removals.some(({ pool }) => pool === name) && counted(snapshot, name) - leaving < min)
      found.push(`fewer than the minimum of ${name}`);
  }
  const after = meanWithout(
    [...removals.map(({ node }) => node), ...going.flatMap(({ node }) => node?.name ?? [])],
    snapshot,
  );
  if (after > config.policy.cpu.up - 10) found.push(`a mean CPU of ${after.toFixed(0)} % after the removals`);
  const young = removals.filter(
    ({ node, reason }) => reason === 'cpu-low' && ageOf(node, snapshot) < config.policy.minAgeMs,
  );
  for (const { node } of young) found.push(`${node} is young`);
  return [...found, ...removals.flatMap((removal) => untouchable(removal, snapshot))];
}

const nodesOf = ({ kubernetes }: Snapshot) => (kubernetes.known ? kubernetes.value.nodes : []);

const ageOf = (name: string, snapshot: Snapshot): number =>
  snapshot.at - (nodesOf(snapshot).find((node) => node.name === name)?.createdAt ?? 0);

/** Percent of the cores that stay, if all that serves and has served for five minutes works on as it does. */
function meanWithout(leaving: readonly string[], snapshot: Snapshot): number {
  const { metrics, at } = snapshot;
  if (!metrics.known) return 0;
  const { up, down } = metrics.value.cpu;
  let [work, cores] = [0, 0];
  for (const { name, ready, unschedulable, labels, createdAt, allocatable } of nodesOf(snapshot)) {
    if (!ready || unschedulable || LABEL.controlPlane in labels || at - createdAt < 300_000) continue;
    work += Math.max(up[name] ?? 0, down[name] ?? 0) * allocatable.cpuMilli;
    if (!leaving.includes(name)) cores += allocatable.cpuMilli;
  }
  return work === 0 ? 0 : (100 * work) / cores;
}

function untouchable({ node: name, instance: id, pool, reason }: RemovalIntent, snapshot: Snapshot): string[] {
  const { instances, kubernetes, state } = snapshot;
  const node = kubernetes.known ? kubernetes.value.nodes.find((each) => each.name === name) : undefined;
  const instance = instances.known ? instances.value.find((each) => each.id === id) : undefined;
  if (!node || instance?.role !== 'worker') return [`${name} is no worker of ours`];
  const found: string[] = [];
  if (node.labels[LABEL.pool] !== pool || !node.providerId?.endsWith(`/${id}`)) found.push(`${name} is another`);
  if (node.unschedulable) found.push(`${name} is cordoned`);
  if (KEPT.some((key) => node.annotations[key] === 'true')) found.push(`a person keeps ${name}`);
  if (!node.ready || instance.state !== 'running') found.push(`${name} does not serve`);
  if ((state.removalFailures[name]?.until ?? 0) > snapshot.at) found.push(`a removal of ${name} failed lately`);
  if (reason === 'back-to-spot' && instance.market === 'spot') found.push(`${name} is spot`);
  return found;
}
