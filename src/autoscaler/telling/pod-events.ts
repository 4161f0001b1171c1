import type { RuntimePool } from '../../config/runtime';
import type { Verdict } from '../plan';
import { isLaunch, isOpen } from '../planning/fleet-view';
import { mismatch } from '../planning/mismatch';
import type { ReasonCode } from '../planning/reasons';
import { Samples } from '../planning/samples';
import { podKey } from '../planning/scheduling';
import type { KubernetesView, Pod, Snapshot } from '../snapshot';
import type { LaunchOperation } from '../state';
import type { ClusterEvent } from './cluster-event';
import { type Seen, workersAfter } from './seen';

/** What may be told of one object. The message is made only when it is told: there may be thousands of pods. */
export type Tellable = Omit<ClusterEvent, 'message'> & { message: () => string };

/** A moment of settling is no news. */
const UNTOLD: ReadonlySet<ReasonCode> = new Set(['pod-settling', 'pod-unseen', 'pod-ending']);

/** These have reasons of their own, whatever the pools could do. */
const NO_POOLS_FAULT: ReadonlySet<ReasonCode> = new Set([
  'pod-gated',
  'pod-daemonset',
  'pod-unsupported',
  'pod-expendable',
  'pod-nominated',
  'pod-may-wait',
  'pod-fits-existing',
  'pod-fits-joining',
  'pod-fits-draining',
  'paused',
  'data-doubtful',
]);

/** Why nodes are coming for each pending pod, or why none will; the pod that waits longest first. */
export function podEvents(seen: Seen, view: KubernetesView): Tellable[] {
  const { plan, operations } = seen;
  const launches = operations.filter(isLaunch);
  const byPod = new Map(launches.flatMap((operation) => operation.pods.map((uid) => [uid, operation] as const)));
  return view.pods
    .flatMap((pod) => {
      const verdict = plan.pods[podKey(pod)];
      return verdict && !UNTOLD.has(verdict.code) ? [{ pod, verdict }] : [];
    })
    .sort((a, b) => a.pod.createdAt - b.pod.createdAt)
    .map(({ pod, verdict }) => {
      const launch = byPod.get(pod.uid);
      return launch && isComing(launch) ? triggered(pod, launch, seen) : notTriggered(pod, verdict, launch, seen, view);
    });
}

/** Asked for and not refused; where EC2 has not answered, the same attempt is made again. */
const isComing = (launch: LaunchOperation): boolean => isOpen(launch) || launch.phase === 'ready';

function triggered(pod: Pod, launch: LaunchOperation, seen: Seen): Tellable {
  return {
    about: aboutPod(pod),
    type: 'Normal',
    reason: 'TriggeredScaleUp',
    key: launch.id,
    message: () => {
      const { instanceType, market, zone } = launch.request;
      const to = workersAfter(seen).get(launch.pool) ?? 0;
      const max = seen.config.pools.find(({ name }) => name === launch.pool)?.max;
      const size = `${launch.pool} ${Math.max(0, to - begunWith(launch, seen))}->${to} (max: ${max ?? '?'})`;
      return `pod triggered scale-up: [{${size}}]: ${launch.count} × ${instanceType} ${market} in ${zone}, operation ${launch.id} (${launch.phase})`;
    },
  };
}

/** How many nodes of its pool one tick asked for: a launch in each zone. */
const begunWith = ({ pool, createdAt }: LaunchOperation, { operations }: Seen): number =>
  operations
    .filter(isLaunch)
    .filter((launch) => launch.pool === pool && launch.createdAt === createdAt && isComing(launch))
    .reduce((sum, { count }) => sum + count, 0);

function notTriggered(
  pod: Pod,
  verdict: Verdict,
  launch: LaunchOperation | undefined,
  seen: Seen,
  view: KubernetesView,
): Tellable {
  const { config, plan } = seen;
  return {
    about: aboutPod(pod),
    type: 'Normal',
    reason: 'NotTriggerScaleUp',
    key: launch?.failure === undefined ? verdict.code : `${verdict.code}/failed`,
    message: () => {
      const pools = NO_POOLS_FAULT.has(verdict.code)
        ? []
        : config.pools.map((pool) => `${pool.name}: ${poolReason(pod, pool, plan.pools[pool.name], seen, view)}`);
      const failed = launch?.failure === undefined ? [] : [`Its launch failed: ${launch.failure}.`];
      return [`pod didn't trigger scale-up: ${verdict.text}`, ...failed, ...pools].join(' ');
    },
  };
}

/** Why a node of this pool is not launched for the pod. */
function poolReason(
  pod: Pod,
  pool: RuntimePool,
  verdict: Verdict | undefined,
  { config, snapshot }: Seen,
  view: KubernetesView,
): string {
  const unfit = mismatch(pod, pool, new Samples(snapshot.state, view, config).all(pool));
  if (unfit) return `${unfit}.`;
  const refusals = verdict?.code === 'pool-offerings-failed' ? refusalsOf(pool, snapshot) : '';
  return `${verdict?.text ?? 'not considered.'}${refusals}`;
}

/** What its offerings are left out for, each reason once. */
function refusalsOf({ name }: RuntimePool, { at, state }: Snapshot): string {
  const failed = Object.entries(state.offerings).filter(([key, { until }]) => key.startsWith(`${name}/`) && until > at);
  const reasons = [...new Set(failed.map(([, { reason }]) => reason))];
  return reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
}

const aboutPod = ({ namespace, name, uid }: Pod): ClusterEvent['about'] => ({ kind: 'Pod', namespace, name, uid });
