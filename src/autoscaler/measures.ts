import type { RuntimeConfig } from '../config/runtime';
import { METRICS } from './names';
import type { Plan, Verdict } from './plan';
import { isAlive, isOpen, isRemoval, nodeOfInstance } from './planning/fleet-view';
import { doubtOf, gapOf, unregisteredOf } from './planning/health';
import { isQuota } from './planning/offerings';
import type { ReasonCode } from './planning/reasons';
import { CIRCUIT } from './planning/room';
import { warmWorkers } from './planning/slots';
import type { Snapshot } from './snapshot';
import type { Backoff } from './state';

/** What a tick measured. What cannot be known is absent: a value that nobody measured must not clear an alarm. */
export type Measures = { [Name in Exclude<MetricName, 'GoodTicks'>]?: number };

type MetricName = (typeof METRICS.names)[number];

/** Pure: of what was seen and decided. `snapshot` is the one that was planned from. */
export function measure(snapshot: Snapshot, plan: Plan, config: RuntimeConfig): Measures {
  const { UnknownData, ...seen } = looks(snapshot, plan, config);
  const { joinFailures, offerings, paused } = snapshot.state;
  return {
    UnknownData,
    CircuitOpen: config.pools.filter(({ name }) => (joinFailures[name] ?? 0) >= CIRCUIT).length,
    QuotaExceeded: Object.values(offerings).filter((failed) => isShutOut(failed, snapshot.at, config)).length,
    ...(seen.sighted && !paused && { MaxReachedWithDemand: Number(atMaximum(plan)) }),
    ...orphans(snapshot),
  };
}

/** By a quota. The tick that asks again measures first: were it to say 0, the alarm would clear and come back each time. */
const isShutOut = ({ until, reason }: Backoff, at: number, { scheduleMs }: RuntimeConfig): boolean =>
  isQuota(reason) && at < until + 2 * scheduleMs;

function looks(snapshot: Snapshot, plan: Plan, config: RuntimeConfig): { UnknownData: number; sighted: boolean } {
  const { metrics, kubernetes, instances } = snapshot;
  const known = (source: typeof metrics | typeof kubernetes | typeof instances) =>
    doubtOf('', source, snapshot, config) === undefined;
  const view = kubernetes.known ? kubernetes.value : undefined;
  const gap =
    instances.known &&
    (gapOf(instances.value, view) ??
      (view && unregisteredOf(instances.value, view, snapshot.state.operations, snapshot.at, config))) !== undefined;
  // Prometheus lacks a worker, or counts other pods than Kubernetes. Without a warm worker there is no CPU to know,
  // which is no fault of a source: a cluster that has just started, or has no workers at all.
  const contradiction =
    plan.hold?.code === 'data-doubtful' && view !== undefined && warmWorkers(view, snapshot.at).length > 0;
  const sighted = known(kubernetes) && known(instances) && !gap;
  return { UnknownData: Number(!sighted || !known(metrics) || contradiction), sighted };
}

/** Of pods only: CPU that is high on as many nodes as may be is a cluster in use, and not in want. */
const atMaximum = (plan: Plan): boolean => Object.values(plan.pods).some(({ code }) => code === 'pod-over-limit');

/**
 * Instances and Nodes without their counterpart. Each has an operation that ends it, from the tick that finds it until
 * it is gone (`operations/progress.ts`), so one that stays is counted in each tick. Not counted: an instance on its way
 * to join, and one that is shutting down, whose Node goes next.
 */
function orphans({ kubernetes, instances, state }: Snapshot): Measures {
  if (!kubernetes.known || !instances.known) return {};
  const ending = state.operations.filter(isRemoval).filter((o) => isOpen(o) && o.phase === 'terminating');
  const alone = ending.filter(({ instance: id }) => {
    const instance = instances.value.find((candidate) => candidate.id === id);
    const node = nodeOfInstance(kubernetes.value, id);
    if (instance && isAlive(instance)) return node === undefined;
    return node !== undefined && instance?.state !== 'shutting-down';
  });
  return { Orphans: alone.length };
}

/**
 * Ticks that are not good, though none of them failed. One that was sent away by the lease is no failure, and its
 * holder's line counts; but were it good, a lease that nobody ever gives back would look well for ever. So is a cluster
 * that is retired and still ticks: a destroy stopped half way, or was followed by a deploy, and nothing is scaled.
 */
const NOT_GOOD: ReadonlySet<ReasonCode> = new Set(['lease-held', 'lease-lost', 'retired']);

/** Of one event that no tick was made of. */
export const ignoredLine = (cluster: string, at: number): Record<string, unknown> =>
  embedded(cluster, at, { IgnoredEvents: 1 });

/**
 * The metrics of one tick as a log line in CloudWatch's embedded metric format: CloudWatch makes metrics of it, so the
 * function needs neither a right nor a way to reach it.
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)
 *
 * @param outcome what the tick came to; `failed`: it threw, so that nothing else is known of it
 */
export function metricsLine(
  cluster: string,
  at: number,
  outcome: { decision: Verdict; measures: Measures | null } | 'failed',
): Record<string, unknown> {
  const values: Measures & { GoodTicks: number } =
    outcome === 'failed'
      ? { GoodTicks: 0 }
      : { GoodTicks: Number(!NOT_GOOD.has(outcome.decision.code)), ...outcome.measures };
  return embedded(cluster, at, values);
}

function embedded(cluster: string, at: number, values: Partial<Record<MetricName, number>>): Record<string, unknown> {
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: 'Count' }));
  return {
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [{ Namespace: METRICS.namespace, Dimensions: [[METRICS.dimension]], Metrics }],
    },
    [METRICS.dimension]: cluster,
    ...values,
  };
}
