import type { NodeTerm, Requirement } from '../autoscaler/snapshot';
import type { Metadata } from './kubernetes-metadata';
import type { PodSpec, WireNodeSelector, WireVolume } from './kubernetes-pod-spec';
import { type Doubt, isIn, toNodeTerm, toNodeTerms } from './kubernetes-selectors';

/** The cluster's storage. It is listed only where a pod uses a claim. Claims by `namespace/name`. */
export interface Storage {
  claims: ReadonlyMap<string, WireClaim>;
  volumes: ReadonlyMap<string, WirePersistentVolume>;
  classes: ReadonlyMap<string, WireStorageClass>;
}

export const NO_STORAGE: Storage = { claims: new Map(), volumes: new Map(), classes: new Map() };

export interface WireClaim {
  metadata?: Metadata;
  spec?: { volumeName?: string; storageClassName?: string };
  status?: { phase?: string };
}

export interface WirePersistentVolume {
  metadata?: Metadata;
  spec?: { nodeAffinity?: { required?: WireNodeSelector }; local?: unknown; hostPath?: unknown };
}

export interface WireStorageClass {
  metadata?: Metadata;
  provisioner?: string;
  volumeBindingMode?: string;
  allowedTopologies?: { matchLabelExpressions?: { key?: string; values?: string[] }[] }[];
}

export interface VolumePlace {
  /** A list for each volume that has a place. */
  nodeTerms: NodeTerm[][];
  /** One of them lives on the disk of a node. */
  local: boolean;
}

const ANYWHERE: VolumePlace = { nodeTerms: [], local: false };

export const usesClaims = (spec: PodSpec): boolean =>
  (spec.volumes ?? []).some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim || ephemeral);

/** Where the volumes of a pod let it run, as the scheduler's VolumeBinding and VolumeZone see it. */
export function volumePlace(
  spec: PodSpec,
  pod: { namespace: string; name: string; uid: string },
  storage: Storage,
  doubt: Doubt,
): VolumePlace {
  const places = (spec.volumes ?? []).flatMap((volume) => {
    const name = claimName(volume, pod.name);
    if (name === undefined) return [];
    const claim = storage.claims.get(`${pod.namespace}/${name}`);
    if (claim && volume.ephemeral && !isOf(claim, pod.uid)) doubt(`claim ${name} belongs to another`);
    return [claimPlace(name, claim, storage, doubt)];
  });
  return { nodeTerms: places.flatMap((place) => place.nodeTerms), local: places.some((place) => place.local) };
}

/** That of an ephemeral volume is made for the pod and owned by it (component-helpers/storage/ephemeral/ephemeral.go). */
const claimName = ({ name, persistentVolumeClaim, ephemeral }: WireVolume, pod: string): string | undefined =>
  persistentVolumeClaim ? (persistentVolumeClaim.claimName ?? '') : ephemeral ? `${pod}-${name}` : undefined;

const isOf = ({ metadata }: WireClaim, pod: string): boolean =>
  (metadata?.ownerReferences ?? []).some(({ uid, controller }) => uid === pod && controller === true);

/** The claim bears it once the volume is its own for good (volumebinding/binder.go, isPVCFullyBound). */
const BOUND = 'pv.kubernetes.io/bind-completed';

/** The order is that of pkg/scheduler/framework/plugins/volumebinding (podHasPVCs, GetPodVolumeClaims). */
function claimPlace(name: string, claim: WireClaim | undefined, storage: Storage, doubt: Doubt): VolumePlace {
  const no = (why: string): VolumePlace => {
    doubt(`claim ${name} ${why}`);
    return ANYWHERE;
  };
  if (!claim) return no('is not there');
  if (claim.status?.phase === 'Lost') return no('has lost its volume');
  if (claim.metadata?.deletionTimestamp) return no('is being deleted');
  const volumeName = claim.spec?.volumeName;
  if (!volumeName) return unboundPlace(claim, storage, no, doubt);
  if (claim.metadata?.annotations?.[BOUND] === undefined) return no('is not bound');
  const volume = storage.volumes.get(volumeName);
  return volume ? boundPlace(volume, doubt) : no(`is bound to volume ${volumeName}, which is not there`);
}

function boundPlace({ metadata, spec }: WirePersistentVolume, doubt: Doubt): VolumePlace {
  return {
    nodeTerms: [...toNodeTerms(spec?.nodeAffinity?.required, doubt), ...byLabels(metadata?.labels ?? {})],
    // The disks of K3s' local-path are of either type.
    local: spec?.local !== undefined || spec?.hostPath !== undefined,
  };
}

/** The node that the scheduler has chosen while the volume is being made for it (volumebinding/binder.go, FindPodVolumes). */
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
/** A class whose volumes people make: no new node has one (volumebinding/binder.go, checkVolumeProvisions). */
const BY_HAND = 'kubernetes.io/no-provisioner';

function unboundPlace(
  { metadata, spec }: WireClaim,
  storage: Storage,
  no: (why: string) => VolumePlace,
  doubt: Doubt,
): VolumePlace {
  const className = metadata?.annotations?.[BETA_CLASS] ?? spec?.storageClassName;
  if (!className) return no('is not bound');
  const found = storage.classes.get(className);
  if (!found) return no(`is of class ${className}, which is not there`);
  if (found.volumeBindingMode !== 'WaitForFirstConsumer') return no('is not bound');
  const node = metadata?.annotations?.[SELECTED_NODE];
  if (node) return { nodeTerms: [[{ labels: [], fields: [isIn('metadata.name', [node])] }]], local: false };
  if ((found.provisioner ?? BY_HAND) === BY_HAND) return no('waits for a volume that is made by hand');
  const allowed = (found.allowedTopologies ?? []).map(({ matchLabelExpressions = [] }) =>
    toNodeTerm({ matchExpressions: matchLabelExpressions.map((each) => ({ ...each, operator: 'In' })) }, doubt),
  );
  return { nodeTerms: allowed.length === 0 ? [] : [allowed], local: false };
}

const ZONE = 'topology.kubernetes.io/zone';
const REGION = 'topology.kubernetes.io/region';
/** Older spellings, which old volumes still bear; nodes have the newer. */
const TODAY: Record<string, string> = {
  'failure-domain.beta.kubernetes.io/zone': ZONE,
  'failure-domain.beta.kubernetes.io/region': REGION,
};
const TOPOLOGY = [...Object.keys(TODAY), ZONE, REGION];

/**
 * Labels that the volumes of before CSI bear: the node has one of the values, in the same label or its newer spelling,
 * or it has no such label at all (volumezone/volume_zone.go).
 */
function byLabels(labels: Record<string, string>): NodeTerm[][] {
  return TOPOLOGY.flatMap((key) => {
    const values = (labels[key] ?? '').split('__').map((value) => value.trim());
    // The scheduler ignores a list with a gap.
    if (values.includes('')) return [];
    const newer = TODAY[key];
    return [
      [
        onLabels(isIn(key, values)),
        ...(newer ? [onLabels(lacks(key), isIn(newer, values))] : []),
        onLabels(...TOPOLOGY.map(lacks)),
      ],
    ];
  });
}

const onLabels = (...labels: Requirement[]): NodeTerm => ({ labels, fields: [] });

const lacks = (key: string): Requirement => ({ key, operator: 'DoesNotExist', values: [] });
