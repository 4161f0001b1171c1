import type { RuntimeConfig } from '../config/runtime';
import { leaseRequest, orGiveBack, releaseAnyway } from './lease';
import { hasTime } from './operations/context';
import { LIST_LAG_MS } from './operations/launch-progress';
import { isAlive, isLaunch, isOpen } from './planning/fleet-view';
import { verdict } from './planning/verdict';
import type { Lease, Ports, TerminateOutcome } from './ports';
import type { Instance } from './snapshot';
import type { ClusterState, LaunchOperation, Operation } from './state';
import { HISTORY_TTL_SECONDS } from './summary';

/** What `retire` did, for whoever destroys. */
export interface Retirement {
  /** When the cluster was retired first. */
  retired: string;
  /** Ids of the instances whose end was asked for. */
  terminated: string[];
}

/** EC2 shows an instance for about an hour after its end, so for that long a list is never truly empty. */
const SHOWN_AFTER_END_MS = 3_600_000;

const AGAIN = 'Run destroy again';

/**
 * The last call: marks the cluster as retired, so that no tick acts any more, and terminates every worker that the
 * autoscaler launched, without draining it, for the cluster goes. Base workers and server are Terraform's.
 *
 * The mark comes first and needs no lease; the instances are listed under the lease. So whatever a tick had launched
 * before is seen, and none launches after (docs/state.md, "Retirement"). Each part may be repeated.
 *
 * @throws an error that says what keeps the cluster from being retired and when to try again: `destroy` then stops
 * before it takes away what the next try needs. The mark stays.
 */
export async function retire(
  ports: Ports,
  config: RuntimeConfig,
  { requestId }: { requestId: string },
): Promise<Retirement> {
  const at = ports.clock.now();
  const since = await ports.store.retire(at);
  const lease = await ports.store.acquire(leaseRequest(ports, config, requestId, at));
  if (!lease.held) throw new Error(heldText(lease));
  const terminated = await orGiveBack(ports.store, lease.epoch, lease.wake, () =>
    underLease(ports, config, lease, at, since),
  );
  await releaseAnyway(ports.store, lease.epoch, lease.wake);
  return { retired: iso(since), terminated };
}

async function underLease(
  ports: Ports,
  config: RuntimeConfig,
  { epoch, state }: Lease & { held: true },
  at: number,
  since: number,
): Promise<string[]> {
  const listed = await ports.fleet.observe(at);
  if (!listed.known) throw new Error(`The instances of ${config.cluster} are unknown: ${listed.detail}. ${AGAIN}.`);
  const instances = listed.value;
  if (instances.length === 0 && state.nodeCount > 0 && at - since < SHOWN_AFTER_END_MS) {
    throw new Error(
      `EC2 shows no instance of ${config.cluster}, not even one that has ended, though its last tick counted ` +
        `${state.nodeCount} workers: such a list is not believed. ${AGAIN}.`,
    );
  }
  const { terminated, problems } = await terminateAll(ports, targetsOf(instances, state, at));
  problems.push(...unanswered(instances, state, since + config.functionTimeoutMs + LIST_LAG_MS, at));
  if (problems.length > 0) throw new Error(`${config.cluster} is not retired yet: ${problems.join('; ')}. ${AGAIN}.`);

  const closed = state.operations.map(close);
  // Saved or retired: the mark is ours.
  if ((await ports.store.save(epoch, emptied(state, instances, terminated, at))) === 'lost') {
    throw new Error(`Another invocation took over while ${config.cluster} was being retired. ${AGAIN}.`);
  }
  await record(ports, { at, epoch, terminated, closed });
  return terminated;
}

interface Target {
  id: string;
  /** That EC2 does not find it proves nothing: it was listed just now, or launched too lately to be shown. */
  mayHide: boolean;
}

/** What EC2 lists, and what was launched as we know and EC2 does not list. */
function targetsOf(instances: Instance[], state: ClusterState, at: number): Target[] {
  const shown = new Set(instances.map(({ id }) => id));
  const listed = instances.filter((instance) => instance.role === 'worker' && isAlive(instance));
  const recorded = launches(state).flatMap((operation) => operation.instances.filter((id) => !shown.has(id)));
  // The last launch was no later than the last change of scale. What is older than EC2's lists lag is gone.
  const mayHide = at - state.lastScaleTime < LIST_LAG_MS;
  return [...listed.map(({ id }) => ({ id, mayHide: true })), ...recorded.map((id) => ({ id, mayHide }))];
}

const launches = (state: ClusterState): LaunchOperation[] => state.operations.filter(isLaunch).filter(isOpen);

async function terminateAll(ports: Ports, targets: Target[]): Promise<{ terminated: string[]; problems: string[] }> {
  const terminated: string[] = [];
  const problems: string[] = [];
  for (const [index, target] of targets.entries()) {
    if (!hasTime({ ports })) {
      const left = targets.slice(index).map(({ id }) => id);
      problems.push(`there was no time left for ${left.join(', ')}`);
      break;
    }
    const answer = await ports.fleet.terminate(target.id);
    if (answer.outcome === 'done') terminated.push(target.id);
    const problem = problemOf(target, answer);
    if (problem) problems.push(problem);
  }
  return { terminated, problems };
}

function problemOf({ id, mayHide }: Target, answer: TerminateOutcome): string | undefined {
  if (answer.outcome === 'done') return undefined;
  if (answer.outcome !== 'not-found') return `${id} could not be terminated (${answer.detail})`;
  return mayHide ? `EC2 does not show ${id} now, though it must be there` : undefined;
}

/** Launches that were asked for and never answered: EC2 may still show their instances, until it has had its time. */
function unanswered(instances: Instance[], state: ClusterState, until: number, at: number): string[] {
  if (at >= until) return [];
  return launches(state)
    .filter((operation) => operation.phase === 'requested')
    .filter(({ id, count }) => instances.filter((instance) => instance.operation === id).length < count)
    .map(({ id, count }) => `EC2 never answered ${id} for ${count} and may show its instances until ${iso(until)}`);
}

const close = (operation: Operation): Operation =>
  operation.kind === 'launch'
    ? { ...operation, phase: 'failed', failure: 'the cluster was retired' }
    : { ...operation, phase: 'gone', failure: 'the cluster was retired' };

const emptied = (state: ClusterState, instances: Instance[], terminated: string[], at: number): ClusterState => ({
  ...state,
  operations: [],
  unneededSince: {},
  nodeCount: instances.filter((instance) => instance.role === 'base' && isAlive(instance)).length,
  lastScaleTime: terminated.length > 0 ? at : state.lastScaleTime,
});

interface Done {
  at: number;
  epoch: number;
  terminated: string[];
  closed: Operation[];
}

async function record({ log, store }: Ports, { at, epoch, terminated, closed }: Done): Promise<void> {
  const decision = verdict('retired', `Terminated: ${terminated.join(', ') || 'none, as no worker was left'}.`);
  const operations = closed.map(({ id, phase }) => `${id} ${phase}`);
  log({ message: decision.text, decision: decision.code, trigger: 'destroy', epoch, operations });
  await store.record({
    at,
    epoch,
    trigger: 'destroy',
    decision,
    operations,
    actions: [],
    ttlSeconds: HISTORY_TTL_SECONDS,
  });
}

const heldText = ({ owner, until }: Lease & { held: false }): string =>
  `The lease is held by ${owner} until ${iso(until)} at the latest: a tick still runs. The cluster is marked as ` +
  `retired, so no other tick acts. ${AGAIN} when it has ended.`;

const iso = (time: number): string => new Date(time).toISOString();
