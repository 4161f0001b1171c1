import type { Pod, Toleration } from '../autoscaler/snapshot';
import { uniform } from '../autoscaler/uniform';
import { constraintsOf, type Namespaces, nonEmpty } from './kubernetes-constraints';
import { type Condition, type Metadata, needed, reading, time } from './kubernetes-metadata';
import type { PodSpec } from './kubernetes-pod-spec';
import { podRequests } from './kubernetes-resources';
import { unsupportedFeatures } from './kubernetes-unsupported';
import { NO_STORAGE, type Storage, volumePlace } from './kubernetes-volumes';

const MIRROR = 'kubernetes.io/config.mirror';
const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const;

interface WirePod {
  metadata?: Metadata;
  spec?: PodSpec;
  status?: { phase?: string; conditions?: Condition[]; nominatedNodeName?: string };
}

/** What else is read to understand a pod's spec. */
export interface Surroundings {
  namespaces: Namespaces;
  storage: Storage;
}

export const NO_SURROUNDINGS: Surroundings = { namespaces: new Map(), storage: NO_STORAGE };

/** The spec of a pod that has not ended: of others nobody asks where they may run. */
export function livingSpec(item: unknown): PodSpec | undefined {
  const { spec, status } = item as WirePod;
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? undefined : spec;
}

export function toPod(item: unknown, { namespaces, storage }: Surroundings = NO_SURROUNDINGS): Pod {
  const { metadata, spec = {}, status } = item as WirePod;
  return reading('pod', metadata, (name) => {
    const namespace = metadata?.namespace ?? '';
    const uid = needed('metadata.uid', metadata?.uid);
    const labels = metadata?.labels ?? {};
    const unsupported = new Set(unsupportedFeatures(spec));
    const doubt = (what: string) => void unsupported.add(what);
    const living = livingSpec(item) ?? {};
    const constraints = constraintsOf(living, { namespace, labels }, namespaces, doubt);
    const place = volumePlace(living, { namespace, name, uid }, storage, doubt);
    const controller = metadata?.ownerReferences?.find((reference) => reference.controller === true);
    const owner = controller && { kind: controller.kind, name: controller.name, uid: controller.uid };
    const unschedulableSince = unschedulableTime(status?.conditions ?? []);
    const deletion = metadata?.deletionTimestamp;
    return uniform({
      namespace,
      name,
      uid,
      ...(spec.nodeName ? { nodeName: spec.nodeName } : {}),
      phase: toPhase(status?.phase),
      createdAt: time('metadata.creationTimestamp', metadata?.creationTimestamp),
      ...(unschedulableSince === undefined ? {} : { unschedulableSince }),
      gated: (spec.schedulingGates?.length ?? 0) > 0,
      ...(deletion === undefined ? {} : { deletionAt: time('metadata.deletionTimestamp', deletion) }),
      requests: podRequests(spec),
      priority: spec.priority ?? 0,
      labels,
      annotations: metadata?.annotations ?? {},
      nodeSelector: spec.nodeSelector ?? {},
      tolerations: (spec.tolerations ?? []).map(toToleration),
      ...nonEmpty('volumeTerms', place.nodeTerms),
      ...constraints,
      // Of a pod that has its node it says nothing any more.
      ...(status?.nominatedNodeName && !spec.nodeName ? { nominatedNode: status.nominatedNodeName } : {}),
      ...(owner === undefined ? {} : { owner }),
      mirror: metadata?.annotations?.[MIRROR] !== undefined,
      localVolume: place.local || (spec.volumes ?? []).some((volume) => volume.hostPath !== undefined),
      unsupported: [...unsupported],
    });
  });
}

function toPhase(phase: string | undefined): Pod['phase'] {
  const found = PHASES.find((known) => known === phase);
  if (found === undefined) throw new Error(`status.phase is ${JSON.stringify(phase)}, not one of ${PHASES.join(', ')}`);
  return found;
}

/** Not for gated pods: their condition has the reason SchedulingGated. */
function unschedulableTime(conditions: Condition[]): number | undefined {
  const condition = conditions.find(({ type }) => type === 'PodScheduled');
  if (condition?.status !== 'False' || condition.reason !== 'Unschedulable') return undefined;
  return time('the time of condition PodScheduled', condition.lastTransitionTime);
}

export const toToleration = ({ key, operator, value, effect }: Toleration): Toleration => ({
  ...(key ? { key } : {}),
  ...(operator ? { operator } : {}),
  ...(value === undefined ? {} : { value }),
  ...(effect ? { effect } : {}),
});
