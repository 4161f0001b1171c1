import type { Container, PodSpec } from './kubernetes-resources';

/** Volumes that bind a pod to a zone or a node through an object that is not read. */
const BOUND_VOLUMES = ['persistentVolumeClaim', 'ephemeral', 'awsElasticBlockStore'];

/**
 * What in a pod's spec limits where it can run and is not weighed by the planner, in words for people. Such a pod is
 * reported, never moved, and nothing is bought for it.
 */
export function unsupportedFeatures(spec: PodSpec, ofDaemonSet: boolean): string[] {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const features: [boolean, string][] = [
    [requiresNodeAffinity(nodeAffinity, ofDaemonSet), 'required node affinity'],
    [nonEmpty(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution), 'required pod affinity'],
    [nonEmpty(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution), 'required pod anti-affinity'],
    // DoNotSchedule is also what an absent value means.
    [
      (spec.topologySpreadConstraints ?? []).some((constraint) => constraint.whenUnsatisfiable !== 'ScheduleAnyway'),
      'topology spread with DoNotSchedule',
    ],
    [containers.some((container) => (container.ports ?? []).some((port) => (port.hostPort ?? 0) > 0)), 'host ports'],
    [nonEmpty(spec.resourceClaims) || containers.some((c) => nonEmpty(c.resources?.claims)), 'resource claims'],
    [(spec.schedulerName ?? DEFAULT_SCHEDULER) !== DEFAULT_SCHEDULER, `scheduler ${spec.schedulerName}`],
  ];
  return [
    ...features.filter(([is]) => is).map(([, name]) => name),
    ...boundVolumes(spec).map((kind) => `volume of kind ${kind}`),
    ...extendedResources(spec, containers).map((name) => `resource ${name}`),
  ];
}

const DEFAULT_SCHEDULER = 'default-scheduler';

const nonEmpty = (list: unknown[] | undefined): boolean => (list?.length ?? 0) > 0;

type NodeAffinity = NonNullable<PodSpec['affinity']>['nodeAffinity'];

/** The DaemonSet controller pins each of its pods to a node by name: that is how it places them, nobody's wish. */
function requiresNodeAffinity(affinity: NodeAffinity, ofDaemonSet: boolean): boolean {
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return false;
  const pinned = (required.nodeSelectorTerms ?? []).every(
    (term) => !nonEmpty(term.matchExpressions) && term.matchFields?.every((field) => field.key === 'metadata.name'),
  );
  return !(ofDaemonSet && pinned);
}

function boundVolumes(spec: PodSpec): string[] {
  const volumes = spec.volumes ?? [];
  return BOUND_VOLUMES.filter((kind) => volumes.some((volume) => volume[kind] !== undefined));
}

/** GPUs, huge pages, local disk: everything that is asked for beside cpu and memory. */
function extendedResources(spec: PodSpec, containers: Container[]): string[] {
  const requests = [spec.resources?.requests, spec.overhead, ...containers.map((c) => c.resources?.requests)];
  const names = new Set(requests.flatMap((each) => Object.keys(each ?? {})));
  return [...names].filter((name) => name !== 'cpu' && name !== 'memory').sort();
}
