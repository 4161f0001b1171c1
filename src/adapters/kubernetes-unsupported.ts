import type { PodSpec } from './kubernetes-pod-spec';

/** Disks of clouds named in the pod itself: where one is, no object in the cluster says. */
const CLOUD_DISKS = ['awsElasticBlockStore', 'azureDisk', 'cinder', 'gcePersistentDisk', 'vsphereVolume'];

const DEFAULT_SCHEDULER = 'default-scheduler';

/**
 * What in a pod's spec limits where it can run and is not weighed by the planner, in words for people. Such a pod is
 * reported, never moved, and nothing is bought for it. Its claims and selectors may add more.
 */
export function unsupportedFeatures(spec: PodSpec): string[] {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const claimsDevices = nonEmpty(spec.resourceClaims) || containers.some((c) => nonEmpty(c.resources?.claims));
  const scheduler = spec.schedulerName ?? DEFAULT_SCHEDULER;
  return [
    ...(claimsDevices ? ['resource claims'] : []),
    ...(scheduler === DEFAULT_SCHEDULER ? [] : [`scheduler ${scheduler}`]),
    ...CLOUD_DISKS.filter((kind) => spec.volumes?.some((volume) => volume[kind] !== undefined)).map(
      (kind) => `volume of kind ${kind}`,
    ),
  ];
}

const nonEmpty = (list: unknown[] | undefined): boolean => (list?.length ?? 0) > 0;
