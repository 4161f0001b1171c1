import type { RuntimeConfig } from '../../config/runtime';
import type { LaunchIntent, Plan, Verdict } from '../plan';
import type { Instance, KubernetesView, Pod, Snapshot } from '../snapshot';
import { reportedAllocatable } from './allocatable';
import { inForce } from './calendar';
import { type CpuReading, readCpu } from './cpu';
import { type Demand, demandOf, finding } from './demand';
import { isLaunch, isOpen } from './fleet-view';
import { placeholders } from './headroom';
import { massUnready, unregisteredOf } from './health';
import type { Bin } from './packing/board';
import { poolVerdicts } from './pools';
import { doubtOfReadings, type Reading, readingsOf } from './readings';
import { Rehousing } from './rehousing';
import { launchReplacement, leaveForReplacement, type Scene, waitingForReplacement } from './replacing';
import { Room } from './room';
import { lastHour, type RemovalGate, scaleDown } from './scale-down';
import { repair, type ScaleUp, scaleUp } from './scale-up';
import { packingOrder, podKey } from './scheduling';
import { signalLaunch } from './signal';
import { inOrder, type Sources, sourcesOf } from './sources';
import { stored } from './stored';
import { withLesson } from './unhelped';
import { departures, evacuees, withoutDepartures } from './urgent';
import { verdict } from './verdict';
import { waitedFor } from './waiting-pods';

/**
 * The decision: pure, total, synchronous. The same snapshot gives the same plan.
 *
 * Order: doubtful data → paused → mass unready → below a minimum → pending pods → headroom → signal high → signal low →
 * replacements. Only what follows pods and headroom waits for a cool-down and needs Prometheus.
 */
export function plan(seen: Snapshot, settings: RuntimeConfig): Plan {
  const snapshot = inOrder(seen);
  const config = inForce(settings, snapshot.at);
  const sources = sourcesOf(snapshot, config);
  if (!sources.instances) return nothing(snapshot, config, verdict('data-doubtful', `${sources.doubts.instances}.`));
  if (snapshot.state.paused) return nothing(snapshot, config, verdict('paused'));

  const unready = sources.view && massUnready(sources.view, sources.instances, snapshot.state.operations);
  if (unready) return nothing(snapshot, config, verdict('mass-unready', `${unready}.`));

  const room = new Room(snapshot, config);
  const repairs = repair(room, config);
  if (!sources.view) return blind(snapshot, config, room, repairs, sources);
  return sighted(snapshot, config, room, repairs, { ...sources, view: sources.view, instances: sources.instances });
}

interface Sighted extends Sources {
  instances: Instance[];
  view: KubernetesView;
}

function sighted(
  snapshot: Snapshot,
  config: RuntimeConfig,
  room: Room,
  repairs: LaunchIntent[],
  sources: Sighted,
): Plan {
  const view = withoutDepartures(sources.view, snapshot);
  const demand = withEvacuees(demandOf(view, snapshot.at, config.policy), view, snapshot, config);
  const asked = demand.pods.map((pod) => withLesson(pod, snapshot.state.unhelped));
  const spare = placeholders(config.policy.headroom);
  const up = scaleUp(snapshot, view, config, [...asked, ...spare], room, repairs);
  const cpu: CpuReading = sources.metrics
    ? readCpu(sources.metrics, view, snapshot.at)
    : { known: false, doubt: sources.doubts.metrics ?? '' };
  const readings = readingsOf(cpu, sources.metrics, config);

  const pressing = forPods(repairs, up, demand);
  const signal = pressing ? undefined : signalLaunch(snapshot, view, config, room, readings, up.layout.draining);
  const hold = doubt(snapshot, config, sources, demand, readings);
  const gate = removalGate(
    snapshot,
    sources,
    readings,
    hold,
    pressing ?? signal?.decision ?? finding(view, { ...demand.verdicts, ...up.pods }, snapshot.at, config.policy),
  );
  const { down, back, stuck } = leavers({ snapshot, view, instances: sources.instances, config, room }, gate, up);
  const uncordons = [...up.uncordons, ...(signal?.uncordons ?? [])];
  const launches = [...repairs, ...up.launches, ...(signal?.launches ?? []), ...(back?.launches ?? [])];
  const removals = [...down.removals, ...(back?.removals ?? [])];
  const intents = [...uncordons, ...launches, ...removals];
  return {
    decision:
      pressing ??
      signal?.decision ??
      back?.node.verdict ??
      afterSignal(
        down.removals.map((r) => r.node),
        hold,
        cpu,
        up.short,
      ),
    intents,
    hold: hold ?? null,
    ...stored(snapshot, demand, readings),
    pools: poolVerdicts(config, room, intents, up.refused),
    nodes: { ...down.nodes, ...stuck, ...(back && { [back.node.name]: back.node.verdict }) },
    pods: { ...demand.verdicts, ...up.pods },
    memory: {
      removalsBegun: [...lastHour(snapshot.state.removalsBegun, snapshot.at), ...removals.map(() => snapshot.at)],
      unneededSince: down.unneededSince,
      nodeCount: room.workers,
      allocatable: reportedAllocatable(snapshot.state.allocatable, view, config),
    },
    facts: facts(snapshot, room, demand, cpu),
  };
}

/** Nodes that go, and those that are replaced: never one of each sort in the same tick. */
function leavers(scene: Scene, gate: RemovalGate, up: ScaleUp) {
  const { snapshot, view, instances, config, room } = scene;
  const { metrics } = gate;
  const waiting = gate.withheld || !metrics ? [] : waitingForReplacement(scene, metrics);
  const leaving = leaveForReplacement(scene, waiting);
  const withheld = gate.withheld ?? (leaving && verdict('node-needed', leaving.node.verdict.text));
  const all = { ...gate, ...(withheld && { withheld }) };
  const down = scaleDown(snapshot, view, instances, config, room, all, Rehousing.after(up, view));
  if (withheld || down.removals.length > 0) return { down, back: leaving, stuck: {} };
  return { down, ...launchReplacement(scene, waiting) };
}

/** Pods on nodes that EC2 takes wait for nothing: their new place is bought while they still run. */
function withEvacuees(demand: Demand, view: KubernetesView, snapshot: Snapshot, config: RuntimeConfig): Demand {
  const moving = evacuees(view, departures(snapshot, config.policy.rebalance));
  return { ...demand, pods: [...demand.pods, ...moving].sort(packingOrder) };
}

/** What minimum and pods ask for; undefined where they ask for nothing. */
function forPods(repairs: LaunchIntent[], up: ScaleUp, demand: Demand): Verdict | undefined {
  if (repairs.length > 0) return verdict('below-minimum', launchText(repairs));
  if (up.launches.length > 0 && up.launches.every(({ reason }) => reason === 'headroom')) {
    return verdict('headroom', `${launchText(up.launches)}.`);
  }
  const taken = `${up.uncordons.map(({ node }) => node).join(', ')} is taken back.`;
  const back = new Set(up.layout.draining.map(({ bin }) => bin));
  const isBackFor = ({ uid }: Pod): boolean => back.has(up.placed.get(uid) as Bin);
  if (up.launches.length === 0 && up.uncordons.length > 0 && !demand.pods.some(isBackFor)) {
    return verdict('headroom', taken);
  }
  if (demand.pods.length === 0) return undefined;
  if (up.launches.length > 0) {
    const cut = Object.values(up.pods).filter(({ code }) => code === 'pod-over-limit').length;
    return verdict(
      'pending-pods',
      `${demand.pods.length} pods: ${launchText(up.launches)}${cut ? `; a limit leaves ${cut} without` : ''}.`,
    );
  }
  if (up.uncordons.length > 0) return verdict('pending-pods', taken);
  return waitedFor(up.pods);
}

/** By pool, over all zones and types. */
function launchText(launches: LaunchIntent[]): string {
  const pools = [...new Set(launches.map(({ pool }) => pool))];
  const count = (pool: string) => launches.reduce((sum, l) => sum + (l.pool === pool ? l.count : 0), 0);
  return pools.map((pool) => `${count(pool)} × ${pool}`).join(', ');
}

/** Doubtful data, whatever is more urgent, and a cool-down each withhold every new removal. */
function removalGate(
  snapshot: Snapshot,
  sources: Sighted,
  readings: Reading[],
  hold: Verdict | undefined,
  decided: Verdict | undefined,
): RemovalGate {
  const gate: RemovalGate = { readings, ...(sources.metrics && { metrics: sources.metrics }) };
  const left = snapshot.state.cooldownUntil.down - snapshot.at;
  const withheld =
    hold ??
    (decided && verdict('node-needed', decided.text)) ??
    (left > 0 ? verdict('cool-down', `${Math.ceil(left / 1000)} s are left.`) : undefined);
  return withheld ? { ...gate, withheld } : gate;
}

/** A removal needs all three sources, and that they agree. */
function doubt(
  { at, state }: Snapshot,
  config: RuntimeConfig,
  { instances, view, metrics, doubts }: Sighted,
  demand: Demand,
  readings: Reading[],
): Verdict | undefined {
  const unregistered = unregisteredOf(instances, view, state.operations, at, config);
  if (unregistered) return verdict('data-doubtful', `${unregistered}.`);
  if (!metrics) return verdict('data-doubtful', `${doubts.metrics}.`);
  const unread = doubtOfReadings(readings);
  if (unread) return unread;
  if (metrics.unschedulablePods === demand.unschedulable) return undefined;
  const both = `Prometheus counts ${metrics.unschedulablePods} unschedulable pods, Kubernetes ${demand.unschedulable}.`;
  return verdict('data-doubtful', both);
}

/** @param short why headroom is missing, which keeps nothing from happening and must not pass for "steady" */
function afterSignal(
  removals: string[],
  hold: Verdict | undefined,
  cpu: CpuReading,
  short: Verdict | undefined,
): Verdict {
  if (removals.length > 0 && cpu.known) {
    return verdict('cpu-low', `It is ${cpu.down.toFixed(0)} %; ${removals.join(', ')} goes.`);
  }
  return hold ?? (short ? verdict('headroom', short.text) : verdict('steady'));
}

/** Kubernetes is unknown: only a repair may go on, and every node and pod is unknown too. */
function blind(
  snapshot: Snapshot,
  config: RuntimeConfig,
  room: Room,
  repairs: LaunchIntent[],
  { doubts }: Sources,
): Plan {
  const decision = repairs.length > 0 ? verdict('below-minimum', launchText(repairs)) : undefined;
  return {
    ...nothing(snapshot, config, decision ?? verdict('data-doubtful', `${doubts.kubernetes}.`)),
    intents: repairs,
    ...stored(snapshot, undefined, []),
    memory: { ...kept(snapshot), nodeCount: room.workers },
    facts: { demand: 0, pendingPods: null, cpu: null, workers: room.workers, joining: joiningCount(snapshot) },
  };
}

/** A gap in what we know ends every "unneeded without a break", and nothing else. */
const kept = ({ at, state }: Snapshot): Omit<Plan['memory'], 'nodeCount'> => ({
  unneededSince: {},
  removalsBegun: lastHour(state.removalsBegun, at),
  allocatable: state.allocatable,
});

/** The same verdict for everything. */
function nothing(snapshot: Snapshot, config: RuntimeConfig, decision: Verdict): Plan {
  const view = snapshot.kubernetes.known ? snapshot.kubernetes.value : undefined;
  const waiting = (view?.pods ?? []).filter((pod) => pod.phase === 'Pending' && !pod.nodeName);
  const same = (names: string[]) => Object.fromEntries(names.map((name) => [name, decision]));
  return {
    decision,
    intents: [],
    hold: decision,
    resume: [],
    cancel: [],
    pools: same(config.pools.map(({ name }) => name)),
    nodes: same((view?.nodes ?? []).map(({ name }) => name)),
    pods: same(waiting.map(podKey)),
    memory: { ...kept(snapshot), nodeCount: snapshot.state.nodeCount },
    facts: {
      demand: 0,
      pendingPods: view ? waiting.filter((pod) => pod.unschedulableSince !== undefined && !pod.gated).length : null,
      cpu: null,
      workers: snapshot.state.nodeCount,
      joining: joiningCount(snapshot),
    },
  };
}

const joiningCount = (snapshot: Snapshot): number =>
  snapshot.state.operations
    .filter(isLaunch)
    .filter(isOpen)
    .reduce((sum, operation) => sum + operation.count, 0);

const facts = (snapshot: Snapshot, room: Room, demand: Demand, cpu: CpuReading): Plan['facts'] => ({
  demand: demand.pods.length,
  pendingPods: demand.unschedulable,
  cpu: cpu.known ? Math.round(cpu.up * 10) / 10 : null,
  workers: room.workers,
  joining: joiningCount(snapshot),
});
