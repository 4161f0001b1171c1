import type { RuntimeConfig, RuntimeResources } from '../config/runtime';
import { leaseRequest, orGiveBack, releaseAnyway } from './lease';
import { type Measures, measure, metricsLine } from './measures';
import { foreignNotices, type Notice, noticeText } from './notices';
import { observe } from './observe';
import { withoutFinished } from './operations/closed';
import { execute } from './operations/execute';
import { beginLaunch } from './operations/launch';
import { beginRemoval } from './operations/removal';
import type { Plan } from './plan';
import { isLaunch, isOpen } from './planning/fleet-view';
import { Spending } from './planning/spending';
import { verdict } from './planning/verdict';
import type { Lease, Ports } from './ports';
import { record } from './record';
import { merged, type TickResult } from './result';
import { LeaseLost, Retired, Session } from './session';
import type { Snapshot, Trigger } from './snapshot';
import { type ClusterState, MAX_LAUNCH_PODS, MAX_OPEN_OPERATIONS, type Operation } from './state';
import { summarize } from './summary';
import type { Seen } from './telling/seen';

export interface Invocation {
  requestId: string;
  trigger: Trigger;
  /** What EC2 told, and what this invocation is for. */
  notice?: Notice;
}

/** trigger → notice kept → lease → observe → snapshot → plan → commit → execute → record. */
export async function tick(
  ports: Ports,
  config: RuntimeConfig,
  resources: RuntimeResources,
  invocation: Invocation,
): Promise<TickResult> {
  const at = ports.clock.now();
  let outcome: TickResult | 'failed' = 'failed';
  try {
    outcome = await run(ports, config, resources, invocation, at);
    return outcome;
  } finally {
    // One line a tick, however often it looked.
    if (config.metrics) ports.log(metricsLine(config.cluster, at, outcome));
  }
}

async function run(
  ports: Ports,
  config: RuntimeConfig,
  resources: RuntimeResources,
  invocation: Invocation,
  at: number,
): Promise<TickResult> {
  const { store } = ports;
  if (invocation.notice) await keep(ports, invocation.notice);
  const lease = await store.acquire(leaseRequest(ports, config, invocation.requestId, at));
  if (!lease.held) return refused(ports, invocation, at, lease);

  const session = new Session(store, lease.epoch, lease.state, () => ports.clock.now(), at + config.functionTimeoutMs);
  const passes: TickResult[] = [];
  for (let seenWake = lease.wake; ; ) {
    const pass = await orGiveBack(store, lease.epoch, seenWake, () =>
      underLease(ports, config, resources, invocation, session),
    );
    passes.push(pass);
    if (pass.decision.code === 'lease-lost') break;
    const end = await store.release(lease.epoch, seenWake);
    if (end.outcome !== 'woken') break;
    seenWake = end.wake;
    session.hear(end);
    // Somebody came meanwhile and was sent away: what made them come is looked at now, if there is time for it, and
    // unless they came to retire the cluster.
    const isOver = end.retired || pass.decision.code === 'retired';
    if (isOver || ports.clock.remaining() < config.functionTimeoutMs / 2) {
      await releaseAnyway(store, lease.epoch, seenWake);
      break;
    }
  }
  return merged(passes);
}

/** Before anything else: neither a lease that is held nor a crash loses it. */
async function keep({ store, log }: Ports, notice: Notice): Promise<void> {
  if ((await store.notify(notice)) === 'noted') return;
  log({ level: 'warn', message: 'Too many notices wait already; this one is not kept.', notice });
}

function refused(ports: Ports, invocation: Invocation, at: number, lease: Lease & { held: false }): TickResult {
  const decision = verdict('lease-held', `Holder: ${lease.owner}, until ${new Date(lease.until).toISOString()}.`);
  const nothing = { plan: null, operations: [], actions: [], measures: null };
  const result = { trigger: invocation.trigger, at, epoch: null, decision, ...nothing };
  ports.log(summarize(result));
  return result;
}

async function underLease(
  ports: Ports,
  config: RuntimeConfig,
  resources: RuntimeResources,
  { trigger }: Invocation,
  session: Session,
): Promise<TickResult> {
  const actions: string[] = [];
  let seen: Seen | undefined;
  const at = ports.clock.now();
  const result: TickResult = {
    trigger,
    at,
    epoch: session.epoch,
    decision: verdict('steady'),
    plan: null,
    operations: [],
    actions,
    measures: null,
  };
  try {
    if (session.state.retiredAt > 0) throw new Retired();
    session.look();
    const snapshot = await observe(ports, config, session.state, trigger, at, resources);
    const ignored = foreign(ports, session.state, snapshot);
    const plan = await ports.planner.plan(snapshot, { epoch: session.epoch });
    result.plan = plan;
    // In history too: what a laptop planned is not what this version would have.
    if (plan.by !== undefined) actions.push(`planned by ${plan.by}, not by the function`);
    result.decision = plan.decision;
    result.measures = { ...measure(snapshot, plan, config), ...ignored };
    await session.commit(commit(snapshot, plan, config, resources, ports.newId));
    await execute(
      { ports, session, snapshot, config, resources, tried: new Set(), did: (line) => actions.push(line) },
      plan,
    );
    result.operations = session.state.operations;
    await session.save(withoutFinished(session.state, at));
    seen = { config, snapshot, plan, operations: result.operations, actions };
  } catch (error) {
    if (error instanceof LeaseLost) result.decision = verdict('lease-lost');
    else if (error instanceof Retired) result.decision = verdict('retired');
    else throw error;
    result.operations = session.state.operations;
  }
  await record(ports, result, seen);
  return result;
}

/** Events of other people's instances, which bear no tags to be told by: dropped now, counted, and nothing else. */
function foreign({ log }: Ports, before: ClusterState, { instances, state }: Snapshot): Measures {
  if (!instances.known) return {};
  const dropped = foreignNotices(before.notices, instances.value, before).filter(
    (notice) => !state.notices.includes(notice),
  );
  if (dropped.length > 0) {
    log({ message: 'Ignored events of instances that are none of ours.', ignored: dropped.map(noticeText) });
  }
  return { IgnoredEvents: dropped.length };
}

/** Intents become operations before anything is done. */
export function commit(
  snapshot: Snapshot,
  plan: Plan,
  config: RuntimeConfig,
  resources: RuntimeResources,
  newId: () => string,
): ClusterState {
  const view = snapshot.kubernetes.known ? snapshot.kubernetes.value : undefined;
  const spending = new Spending(snapshot, config);
  const begun = plan.intents.flatMap((intent): Operation[] => {
    if (intent.kind === 'launch') {
      const launch = beginLaunch(intent, `launch-${newId()}`, snapshot, config, resources, spending);
      if (launch) spending.take(launch.request.instanceType, launch.request.market, launch.count);
      return some(launch);
    }
    if (intent.kind === 'remove' && view) {
      return some(beginRemoval(intent, `removal-${newId()}`, snapshot.at, view, config));
    }
    return [];
  });
  const open = snapshot.state.operations.filter(isOpen).length;
  const all = [...snapshot.state.operations, ...begun.slice(0, Math.max(0, MAX_OPEN_OPERATIONS - open))];
  const operations = withFewPods(all);
  const planned = begun.filter(isLaunch).reduce((sum, operation) => sum + operation.count, 0);
  return { ...snapshot.state, ...plan.memory, nodeCount: plan.memory.nodeCount + planned, operations };
}

/**
 * The uids of thousands of pods would fill the item, and a state that cannot be written launches nothing. They only
 * serve to tell people what came of their pod and to learn that a node did not help it: the oldest launches keep
 * theirs, and what is beyond the bound is left out.
 */
function withFewPods(operations: Operation[]): Operation[] {
  let left = MAX_LAUNCH_PODS;
  return operations.map((operation) => {
    if (!isLaunch(operation)) return operation;
    const pods = operation.pods.slice(0, left);
    left -= pods.length;
    return { ...operation, pods };
  });
}

const some = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
